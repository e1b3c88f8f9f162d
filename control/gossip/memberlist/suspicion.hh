#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/gossip/core/time.hh"

namespace waggle::gossip {

/// How long a suspect has to refute before it is held dead: long at first, shorter the more hosts accuse it
/// independently.
class suspicion {
public:
    /// `members` counts all listed ones; `wished` is the number of confirmations that bring the shortest
    /// time, waived where the cluster is too small to give them.
    suspicion(std::string accuser, unsigned multiplier, unsigned max_multiplier, std::size_t members,
              duration probe_interval, time_point now);

    /// False if this accuser is known already or enough have spoken.
    bool confirm(const std::string& accuser);
    time_point deadline() const;

private:
    unsigned _wished;
    duration _shortest;
    duration _longest;
    time_point _start;
    /// The first accuser does not count as a confirmation.
    std::vector<std::string> _accusers;
};

}  // namespace waggle::gossip
