#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "control/gossip/core/ip_endpoint.hh"
#include "control/gossip/core/time.hh"

namespace waggle::gossip {

/// How a member list behaves. The defaults are those of Docker's engines (memberlist's LAN profile); other
/// values make a host that stock peers judge wrongly, so only tests change them.
struct memberlist_settings {
    /// 12 hexadecimal digits, new at every start: peers take an address that comes back under a new name for
    /// a new life of the old node.
    std::string name;
    /// What peers are told to send to; must also be the source of what is sent.
    ip_endpoint advertise;
    /// Protocol and delegate versions (minimum, maximum, spoken).
    std::array<std::uint8_t, 6> versions{1, 5, 2, 0, 0, 0};

    duration probe_interval = std::chrono::seconds(1);
    duration probe_timeout = std::chrono::milliseconds(500);
    unsigned indirect_checks = 3;
    bool tcp_pings = true;
    unsigned awareness_limit = 8;
    unsigned suspicion_multiplier = 4;
    unsigned suspicion_max_multiplier = 6;
    unsigned retransmit_multiplier = 4;
    duration gossip_interval = std::chrono::milliseconds(200);
    unsigned gossip_nodes = 3;
    duration gossip_to_the_dead = std::chrono::seconds(30);
    duration push_pull_interval = std::chrono::seconds(30);
    duration stream_timeout = std::chrono::seconds(10);

    /// Bytes of a datagram's payload, sealed.
    std::size_t packet_limit = 1400;
    /// What sealing adds to a message: version byte, nonce and tag.
    std::size_t sealing_overhead = 29;

    /// What peers can make this host hold.
    std::size_t members_limit = 65'536;
    std::size_t name_limit = 255;
    std::size_t meta_limit = 512;
    std::size_t user_state_limit = std::size_t{64} << 20;
    std::size_t relayed_pings_limit = 1024;
    /// Pings of memberlist::ping() that wait for an answer.
    std::size_t asked_pings_limit = 1024;
};

}  // namespace waggle::gossip
