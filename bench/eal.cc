#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "bench/harness.hh"

namespace waggle::bench {
namespace {

unsigned free_huge_pages() {
    std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    unsigned count = 0;
    file >> count;
    return count;
}

void start() {
    // A failed rte_eal_init can't be repeated in one process: decide beforehand.
    std::vector<std::string> arguments{
        "waggle-bench",
        "--no-pci",
        "--iova-mode=va",
        "--no-telemetry",
        "--log-level=lib.eal:error",
        "--lcores=0@(0-" + std::to_string(std::thread::hardware_concurrency() - 1) + ")"};
    if (free_huge_pages() >= 512)
        arguments.insert(arguments.end(), {"--in-memory"});
    else
        arguments.insert(arguments.end(), {"--no-huge", "--no-shconf", "-m", "1024"});
    std::vector<char*> pointers;
    for (std::string& each : arguments) pointers.push_back(each.data());
    if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0)
        throw std::runtime_error("DPDK did not start: " + std::string(rte_strerror(rte_errno)));
}

}  // namespace

void need_eal() {
    static const bool started = (start(), true);
    static_cast<void>(started);
}

}  // namespace waggle::bench
