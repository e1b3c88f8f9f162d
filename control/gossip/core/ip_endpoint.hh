#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "common/ip_address.hh"

namespace waggle::gossip {

/// Where a host listens for gossip, UDP and TCP alike. The port is in host byte order.
struct ip_endpoint {
    ip_address ip;
    std::uint16_t port = 0;

    /// "192.0.2.1:7946", "[2001:db8::1]:7946".
    std::string to_string() const {
        const std::string text = ip.to_string();
        return (ip.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
    }
    friend auto operator<=>(const ip_endpoint&, const ip_endpoint&) = default;
};

}  // namespace waggle::gossip

template <>
struct std::hash<waggle::gossip::ip_endpoint> {
    std::size_t operator()(const waggle::gossip::ip_endpoint& end) const noexcept {
        return std::hash<waggle::ip_address>{}(end.ip) * 0x9e37'79b9'7f4a'7c15U + end.port;
    }
};
