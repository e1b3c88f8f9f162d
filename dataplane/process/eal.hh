#pragma once

#include <string>
#include <vector>

#include "common/result.hh"
#include "config/config.hh"

namespace waggle {

/// What EAL is to be started with.
struct eal_plan {
    std::vector<std::string> arguments;
    bool hugepages = false;
    /// One sentence if memory is not what one would wish for; else empty.
    std::string warning;
};

/// The machine as far as the plan depends on it.
struct eal_surroundings {
    /// CPUs that this process may use.
    std::vector<unsigned> cpus;
    /// Free hugepage memory of all sizes, megabytes.
    unsigned free_hugepage_megabytes = 0;
};

/// Reads affinity and /sys/kernel/mm/hugepages.
eal_surroundings look_around();

/// Main lcore 0 on all CPUs; lcore n (1 and up) is worker n - 1: on its CPU of node.lcores, else on all CPUs.
/// PCI is left alone unless underlay ports name PCI devices.
result<eal_plan> plan_eal(const config::node& node, const eal_surroundings& surroundings);

/// Once a process. `log_level`: of DPDK's own messages.
result<void> start_eal(const eal_plan& plan, const std::string& log_level);

}  // namespace waggle
