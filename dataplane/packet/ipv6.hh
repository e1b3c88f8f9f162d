#pragma once

#include <array>
#include <cstdint>

#include "common/byte_order.hh"

namespace waggle {

/// IPv6 header, RFC 8200.
struct [[gnu::may_alias]] ipv6_header {
    /// Version (4 bits), traffic class (8), flow label (20).
    be32 version_class_flow;
    be16 payload_length;
    std::uint8_t next_header;
    std::uint8_t hop_limit;
    std::array<std::uint8_t, 16> source;
    std::array<std::uint8_t, 16> destination;

    unsigned version() const { return version_class_flow.host() >> 28; }
    std::uint8_t traffic_class() const { return static_cast<std::uint8_t>(version_class_flow.host() >> 20); }
};
static_assert(sizeof(ipv6_header) == 40 && alignof(ipv6_header) == 1);

/// Fragment extension header, RFC 8200 section 4.5.
struct [[gnu::may_alias]] ipv6_fragment_header {
    std::uint8_t next_header;
    std::uint8_t reserved;
    /// Offset in units of 8 bytes (13 bits), reserved (2), more-fragments (1).
    be16 offset_more;
    be32 id;
};
static_assert(sizeof(ipv6_fragment_header) == 8 && alignof(ipv6_fragment_header) == 1);

/// Smallest MTU an IPv6 link may have, RFC 8200 section 5.
inline constexpr std::uint16_t ipv6_minimum_mtu = 1280;

}  // namespace waggle
