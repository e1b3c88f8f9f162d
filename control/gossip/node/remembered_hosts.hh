#pragma once

#include <cstddef>
#include <vector>

#include "control/gossip/core/ip_endpoint.hh"

namespace waggle::gossip {

/// Where other hosts of the gossip are or were last, at most so many: those that are present before those
/// that fell silent, so that a host finds back to its swarm without any seed.
class remembered_hosts {
public:
    /// `former`: of an earlier life, all taken for silent.
    remembered_hosts(const std::vector<ip_endpoint>& former, std::size_t limit);

    /// Of no effect if the memory is full of present hosts.
    void came(const ip_endpoint& host);
    /// It may come back.
    void fell_silent(const ip_endpoint& host);
    /// It said that it goes.
    void left(const ip_endpoint& host);
    /// So few of the present hosts are remembered that came() should be told of all of them again.
    bool wants_more(std::size_t present) const { return _present < present && _present < _limit / 2; }

    /// Present ones first.
    const std::vector<ip_endpoint>& list() const { return _hosts; }

private:
    std::size_t place_of(const ip_endpoint& host) const;

    std::size_t _limit;
    std::vector<ip_endpoint> _hosts;
    /// So many at the beginning are present.
    std::size_t _present = 0;
};

}  // namespace waggle::gossip
