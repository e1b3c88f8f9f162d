#pragma once

#include <cstdint>

#include "dataplane/pipeline/worker_context.hh"

namespace waggle {

/// The worker's time as nanoseconds of the TSC, the same on all workers. Once a burst.
inline std::uint64_t nanoseconds(const worker_context& context) {
    // A double counts single nanoseconds for a hundred days after the start, then some at a time.
    return static_cast<std::uint64_t>(static_cast<double>(context.now) * 1e9 /
                                      static_cast<double>(context.ticks_per_second));
}

}  // namespace waggle
