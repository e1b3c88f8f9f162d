#include "control/swarm/host_description.hh"

#include <thread>

#include <sys/sysinfo.h>
#include <sys/utsname.h>

namespace waggle::control::swarm {

docker::swarmkit::v1::NodeDescription describe_host(const std::string& hostname) {
    docker::swarmkit::v1::NodeDescription described;
    described.set_hostname(hostname);
    described.mutable_platform()->set_os("linux");
    struct utsname kernel {};
    described.mutable_platform()->set_architecture(::uname(&kernel) == 0 ? kernel.machine : "x86_64");
    auto& resources = *described.mutable_resources();
    resources.set_nano_cpus(std::int64_t{std::thread::hardware_concurrency()} * 1'000'000'000);
    struct sysinfo memory {};
    if (::sysinfo(&memory) == 0)
        resources.set_memory_bytes(static_cast<std::int64_t>(memory.totalram * memory.mem_unit));
    auto& engine = *described.mutable_engine();
    engine.set_engine_version("waggle-" WAGGLE_VERSION);
    // For placement constraints: services' containers are to stay away.
    (*engine.mutable_labels())["waggle"] = "true";
    // The scheduler gives attachments only to nodes with this one.
    auto& plugin = *engine.add_plugins();
    plugin.set_type("Network");
    plugin.set_name("overlay");
    return described;
}

}  // namespace waggle::control::swarm
