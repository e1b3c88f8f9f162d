#pragma once

#include <cstdint>

#include "common/byte_order.hh"

namespace waggle {

/// What every ICMP and ICMPv6 message starts with.
struct [[gnu::may_alias]] icmp_header {
    std::uint8_t type;
    std::uint8_t code;
    be16 checksum;
};
static_assert(sizeof(icmp_header) == 4 && alignof(icmp_header) == 1);

/// ICMP "fragmentation needed and DF set" (type 3, code 4), RFC 1191 section 4; the quoted packet follows.
struct [[gnu::may_alias]] icmp_fragmentation_needed {
    icmp_header base;
    be16 unused;
    be16 next_hop_mtu;
};
static_assert(sizeof(icmp_fragmentation_needed) == 8 && alignof(icmp_fragmentation_needed) == 1);

/// ICMPv6 "packet too big" (type 2), RFC 4443 section 3.2; the quoted packet follows.
struct [[gnu::may_alias]] icmpv6_packet_too_big {
    icmp_header base;
    be32 mtu;
};
static_assert(sizeof(icmpv6_packet_too_big) == 8 && alignof(icmpv6_packet_too_big) == 1);

namespace icmp_type {
inline constexpr std::uint8_t destination_unreachable = 3;
inline constexpr std::uint8_t source_quench = 4;
inline constexpr std::uint8_t redirect = 5;
inline constexpr std::uint8_t time_exceeded = 11;
inline constexpr std::uint8_t parameter_problem = 12;
inline constexpr std::uint8_t code_fragmentation_needed = 4;
}  // namespace icmp_type

namespace icmpv6_type {
inline constexpr std::uint8_t packet_too_big = 2;
/// Types below this one are error messages, RFC 4443 section 2.1.
inline constexpr std::uint8_t first_informational = 128;
inline constexpr std::uint8_t listener_query = 130;
inline constexpr std::uint8_t listener_report = 131;
inline constexpr std::uint8_t listener_done = 132;
inline constexpr std::uint8_t router_solicitation = 133;
inline constexpr std::uint8_t router_advertisement = 134;
inline constexpr std::uint8_t neighbour_solicitation = 135;
inline constexpr std::uint8_t neighbour_advertisement = 136;
inline constexpr std::uint8_t redirect = 137;
inline constexpr std::uint8_t listener_report_v2 = 143;
}  // namespace icmpv6_type

}  // namespace waggle
