#pragma once

#include <cstddef>
#include <cstdint>

#include "common/byte_order.hh"

namespace waggle {

/// IPv4 header without options, RFC 791.
struct [[gnu::may_alias]] ipv4_header {
    std::uint8_t version_ihl;
    std::uint8_t tos;
    be16 total_length;
    be16 id;
    be16 fragment;
    std::uint8_t ttl;
    std::uint8_t protocol;
    be16 checksum;
    be32 source;
    be32 destination;

    /// Bytes, options included; 0 to 60, below 20 is malformed.
    unsigned header_length() const { return (version_ihl & 0x0fU) * 4U; }
    unsigned version() const { return version_ihl >> 4; }
};
static_assert(sizeof(ipv4_header) == 20 && alignof(ipv4_header) == 1);

/// Bits of ipv4_header::fragment, host byte order.
inline constexpr std::uint16_t ipv4_dont_fragment = 0x4000;
inline constexpr std::uint16_t ipv4_more_fragments = 0x2000;
inline constexpr std::uint16_t ipv4_fragment_offset = 0x1fff;

/// Protocol and next-header numbers (IANA).
namespace ip_protocol {
inline constexpr std::uint8_t hop_by_hop = 0;
inline constexpr std::uint8_t icmp = 1;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t dccp = 33;
inline constexpr std::uint8_t routing = 43;
inline constexpr std::uint8_t fragment = 44;
inline constexpr std::uint8_t esp = 50;
inline constexpr std::uint8_t ah = 51;
inline constexpr std::uint8_t icmpv6 = 58;
inline constexpr std::uint8_t no_next_header = 59;
inline constexpr std::uint8_t destination_options = 60;
inline constexpr std::uint8_t sctp = 132;
inline constexpr std::uint8_t udp_lite = 136;
}  // namespace ip_protocol

}  // namespace waggle
