#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/ip_prefix.hh"
#include "common/mac_address.hh"
#include "config/config.hh"

namespace waggle::control {

/// What one container endpoint of this host wants: a macvlan link over its overlay's TAP.
struct container_link {
    /// The endpoint's name: the key.
    std::string endpoint;
    /// The overlay's name, for the link's alias and messages.
    std::string overlay;
    /// The overlay's TAP, an interface in Waggle's namespace.
    std::string tap;
    /// Of the container's interface, bytes of IP packet. Not above the TAP's.
    std::uint16_t mtu = 0;
    mac_address mac;
    std::vector<ip_prefix> addresses;
    config::container_attachment attachment;
    friend bool operator==(const container_link&, const container_link&) = default;
};

enum class link_condition {
    /// Waits for its namespace or its overlay's TAP to appear; tried again by itself.
    pending,
    attached,
    /// The kernel or the container refused; tried again slowly.
    failed,
    /// No longer wanted, and gone.
    removed,
};

/// How an endpoint's link fares.
struct link_status {
    std::string endpoint;
    link_condition condition = link_condition::pending;
    /// One sentence; empty when attached or removed.
    std::string reason;
    friend bool operator==(const link_status&, const link_status&) = default;
};

}  // namespace waggle::control
