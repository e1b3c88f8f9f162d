#pragma once

#include <cstdint>
#include <span>

#include "control/encryption/docker_rotation.hh"
#include "control/encryption/exchange.hh"

namespace waggle::control {

/// How one end of a waggle association behaves.
struct exchange_peer {
    vni overlay;
    /// The address that is sent to and received from.
    ip_address vtep;
    std::uint32_t replay_window = 4096;
    api::replay_policy replay = api::replay_policy::strict;
    /// UDP port (RFC 3948); 0: IP protocol 50.
    std::uint16_t encapsulation_port = 0;
    std::uint16_t keepalive_seconds = 0;
};

/// The associations that come of what was agreed with one peer: inbound ones of all keys in any phase, one a
/// worker of the peer, and outbound ones of the keys that are sent with, one a worker of this host.
association_list associations_of(std::span<const agreed_keys> agreed, const exchange_peer& with);

}  // namespace waggle::control
