#pragma once

#include <algorithm>
#include <chrono>

#include "control/gossip/core/random.hh"

namespace waggle::control::swarm {

/// Growing, random waits between attempts, so that hosts that lost the same manager do not return together.
class back_off {
public:
    using milliseconds = std::chrono::milliseconds;
    /// The n-th limit is first + 2 times the one before, at most `largest`.
    constexpr back_off(milliseconds first, milliseconds largest) : _first(first), _largest(largest) {}

    /// Uniform between `share` of the limit and the limit.
    milliseconds next(gossip::random_source& random, double share = 0) {
        _limit = std::min(_first + 2 * _limit, _largest);
        const auto least = static_cast<std::uint64_t>(static_cast<double>(_limit.count()) * share);
        const auto span = static_cast<std::uint64_t>(_limit.count()) - least;
        return milliseconds(static_cast<std::int64_t>(least + random.below(span + 1)));
    }
    void reset() { _limit = {}; }

private:
    milliseconds _first;
    milliseconds _largest;
    milliseconds _limit{};
};

}  // namespace waggle::control::swarm
