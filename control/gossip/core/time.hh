#pragma once

#include <chrono>

namespace waggle::gossip {

/// The clock of the gossip protocols. It has no now(): every event brings its time along, from the process's
/// monotonic clock or from a simulation. Wall-clock jumps therefore never reach the protocols.
struct gossip_clock {
    using duration = std::chrono::microseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<gossip_clock>;
    static constexpr bool is_steady = true;
};

using duration = gossip_clock::duration;
using time_point = gossip_clock::time_point;

/// Later than every moment that occurs: "no timer is running".
inline constexpr time_point never = time_point::max();

}  // namespace waggle::gossip
