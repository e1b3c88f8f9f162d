#pragma once

#include <cstdint>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/ipv6.hh"

namespace waggle {

/// ECN codepoint: the low two bits of TOS or traffic class, RFC 3168 section 5.
enum class ecn : std::uint8_t { not_ect = 0, ect_1 = 1, ect_0 = 2, ce = 3 };

constexpr ecn ecn_of(std::uint8_t tos) {
    return static_cast<ecn>(tos & 3);
}

/// Outer TOS or traffic class for an inner one: RFC 6040 section 4.1 normal mode copies the ECN field; the
/// DSCP stays 0, as the tunnel's own.
constexpr std::uint8_t ecn_encapsulate(std::uint8_t inner_tos) {
    return inner_tos & 3;
}

/// What a decapsulator does to the inner header, RFC 6040 figure 4.
struct ecn_decapsulation {
    ecn inner = ecn::not_ect;
    /// Congestion marked outside on a flow that can't be told of it.
    bool drop = false;
};

constexpr ecn_decapsulation ecn_decapsulate(ecn inner, ecn outer) {
    using enum ecn;
    if (outer == ce) return {inner == not_ect ? not_ect : ce, inner == not_ect};
    if (outer == ect_1 && inner == ect_0) return {ect_1, false};
    return {inner, false};
}

/// Sets the ECN field of an IPv4 header, with its checksum (RFC 1624).
inline void set_ecn(ipv4_header& ip, ecn to) {
    const be16 before(static_cast<std::uint16_t>(ip.version_ihl << 8 | ip.tos));
    ip.tos = static_cast<std::uint8_t>((ip.tos & 0xfc) | static_cast<std::uint8_t>(to));
    const be16 after(static_cast<std::uint16_t>(ip.version_ihl << 8 | ip.tos));
    ip.checksum = checksum_update(ip.checksum, before, after);
}

/// Sets the ECN field of an IPv6 header.
inline void set_ecn(ipv6_header& ip, ecn to) {
    const std::uint32_t cleared = ip.version_class_flow.host() & ~(3U << 20);
    ip.version_class_flow = be32(cleared | std::uint32_t{static_cast<std::uint8_t>(to)} << 20);
}

}  // namespace waggle
