#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "control/gossip/core/bytes.hh"
#include "control/gossip/core/ip_endpoint.hh"
#include "control/gossip/core/time.hh"

namespace waggle::gossip {

/// Values as on the wire.
enum class member_state : std::uint8_t { alive = 0, suspect = 1, dead = 2, left = 3 };

constexpr const char* to_string(member_state state) {
    switch (state) {
        case member_state::alive:
            return "alive";
        case member_state::suspect:
            return "suspect";
        case member_state::dead:
            return "dead";
        case member_state::left:
            return "left";
    }
    return "unknown";
}

/// What is known of one host of the gossip, the own one included. A suspect still counts as present.
struct member {
    std::string name;
    ip_endpoint address;
    bytes meta;
    std::array<std::uint8_t, 6> versions{};
    member_state state = member_state::dead;
    std::uint32_t incarnation = 0;
    /// When `state` last changed.
    time_point state_since{};
    /// When a packet or stream last came from its address; the epoch if never.
    time_point last_heard{};

    bool present() const { return state == member_state::alive || state == member_state::suspect; }
};

}  // namespace waggle::gossip
