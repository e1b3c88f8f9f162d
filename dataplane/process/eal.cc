#include "dataplane/process/eal.hh"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sched.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "dataplane/port/ethdev_device.hh"
#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

/// What EAL and the drivers take besides the packet pools.
constexpr unsigned extra_megabytes = 32;

std::string list_of(const std::vector<unsigned>& cpus) {
    std::string text;
    for (const unsigned cpu : cpus) text += (text.empty() ? "" : ",") + std::to_string(cpu);
    return text;
}

std::string lcore_map(const config::node& node, const std::vector<unsigned>& cpus) {
    const std::string all = "@(" + list_of(cpus) + ")";
    std::string map = "0" + all;
    for (unsigned i = 0; i < node.worker_count(); ++i)
        map +=
            "," + std::to_string(i + 1) + (node.lcores.empty() ? all : "@" + std::to_string(node.lcores[i]));
    return map;
}

/// The names of PCI underlay devices.
std::vector<std::string> pci_devices(const config::node& node) {
    std::vector<std::string> devices;
    for (const config::underlay_port& port : node.underlay)
        if (const auto* ethdev = std::get_if<config::ethdev_underlay>(&port.kind))
            if (device_arguments::parse(ethdev->device).is_pci()) devices.push_back(ethdev->device);
    return devices;
}

}  // namespace

eal_surroundings look_around() {
    eal_surroundings found;
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(cpu, &allowed)) found.cpus.push_back(cpu);
    std::error_code none;
    for (const auto& size : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", none)) {
        // hugepages-2048kB
        const std::string name = size.path().filename();
        const std::size_t digits = name.find_first_of("0123456789");
        unsigned long pages = 0;
        if (digits != std::string::npos && std::ifstream(size.path() / "free_hugepages") >> pages)
            found.free_hugepage_megabytes +=
                static_cast<unsigned>(pages * std::stoul(name.substr(digits)) / 1024);
    }
    return found;
}

result<eal_plan> plan_eal(const config::node& node, const eal_surroundings& surroundings) {
    eal_plan plan;
    const unsigned needed = node.memory_megabytes + extra_megabytes;
    const bool enough = surroundings.free_hugepage_megabytes >= needed;
    const std::string shortage = std::to_string(surroundings.free_hugepage_megabytes) +
                                 " MB of hugepages are free and " + std::to_string(needed) + " MB needed";
    const std::string remedy = "raise vm.nr_hugepages with sysctl";
    if (node.hugepages == config::hugepage_mode::required && !enough)
        return error{"node.hugepages is \"required\", but only " + shortage + ": " + remedy};
    plan.hugepages = enough && node.hugepages != config::hugepage_mode::never;
    if (!enough && node.hugepages == config::hugepage_mode::automatic)
        plan.warning =
            "only " + shortage + ", so packets live in ordinary memory and forwarding is slower: " + remedy;
    for (const unsigned cpu : node.lcores)
        if (std::ranges::find(surroundings.cpus, cpu) == surroundings.cpus.end())
            return error{"node.lcores: this process may not use CPU " + std::to_string(cpu) + ", only " +
                         list_of(surroundings.cpus)};
    if (node.worker_count() + 1 > RTE_MAX_LCORE)
        return error{"node.workers: this DPDK has room for " + std::to_string(RTE_MAX_LCORE - 1) +
                     " workers"};

    plan.arguments = {"waggle-dataplane", "--file-prefix=waggle_" + node.name, "--iova-mode=va",
                      "--lcores=" + lcore_map(node, surroundings.cpus), "--main-lcore=0"};
    if (plan.hugepages) {
        // A virtio_user port hands all memory to its peer, which takes eight pieces at most.
        plan.arguments.insert(plan.arguments.end(), {"--in-memory", "--single-file-segments"});
    } else {
        plan.arguments.insert(plan.arguments.end(),
                              {"--no-huge", "--no-shconf", "-m", std::to_string(node.memory_megabytes)});
    }
    const std::vector<std::string> devices = pci_devices(node);
    if (devices.empty()) plan.arguments.emplace_back("--no-pci");
    for (const std::string& device : devices) plan.arguments.insert(plan.arguments.end(), {"-a", device});
    return plan;
}

result<void> start_eal(const eal_plan& plan, const std::string& log_level) {
    std::vector<std::string> arguments = plan.arguments;
    arguments.push_back("--log-level=*:" + log_level);
    std::vector<char*> pointers;
    pointers.reserve(arguments.size());
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) >= 0) return {};
    return system_error("DPDK can't be started (needs root; --log-level debug tells more)", rte_errno);
}

}  // namespace waggle
