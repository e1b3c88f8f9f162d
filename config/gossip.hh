#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/ip_address.hh"

namespace waggle::config {

/// A host to ask for the others.
struct gossip_seed {
    ip_address address;
    std::uint16_t port = 7946;
    friend bool operator==(const gossip_seed&, const gossip_seed&) = default;
};

/// How this host takes part in the gossip of a swarm of Waggle hosts (UDP and TCP on one port).
struct gossip {
    /// May be empty: a first host waits for others.
    std::vector<gossip_seed> seeds;
    /// Path of the file with the gossip keys.
    std::string keys;
    /// Where peers reach this host; a VTEP address of the node unless given.
    ip_address advertise;
    std::uint16_t port = 7946;
    friend bool operator==(const gossip&, const gossip&) = default;
};

}  // namespace waggle::config
