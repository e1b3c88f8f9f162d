#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/ipv6.hh"
#include "dataplane/packet/udp.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/packet/words.hh"

namespace waggle {

/// Bytes in front of a tunnelled frame, VXLAN header included.
inline constexpr std::size_t outer_length_v4 =
    sizeof(ethernet_header) + sizeof(ipv4_header) + sizeof(udp_header) + sizeof(vxlan_header);
inline constexpr std::size_t outer_length_v6 =
    sizeof(ethernet_header) + sizeof(ipv6_header) + sizeof(udp_header) + sizeof(vxlan_header);
static_assert(outer_length_v4 == 50 && outer_length_v6 == 70);

/// What differs between two packets to one VTEP.
struct outer_fields {
    /// The tunnelled frame, bytes.
    std::uint16_t frame_length = 0;
    /// source_port() of the inner flow.
    be16 source_port;
    /// IPv4 only. DF is clear, so ids of one worker's packets must differ (RFC 6864 section 4.1).
    std::uint16_t id = 0;
    /// TOS or traffic class: ecn_encapsulate() of the inner one.
    std::uint8_t tos = 0;
    vxlan_header vxlan{};
};

/// Writes the outer_length_v4 bytes at `to`. `header` is a template of 64 readable bytes, Ethernet, IPv4
/// and UDP, with TOS, lengths, id, IPv4 checksum, source port and UDP checksum zero, and `checksum_base` the
/// unfolded sum of its IPv4 words. The UDP checksum stays 0 (RFC 7348 section 4.1).
inline void write_outer_v4(std::uint8_t* to, const std::uint8_t* header, std::uint32_t checksum_base,
                           const outer_fields& fields) {
    const auto udp_length =
        static_cast<std::uint16_t>(sizeof(udp_header) + sizeof(vxlan_header) + fields.frame_length);
    const std::uint64_t udp = be16(udp_length).raw();
    const std::uint64_t total = be16(static_cast<std::uint16_t>(sizeof(ipv4_header) + udp_length)).raw();
    const std::uint64_t id = be16(fields.id).raw();
    const std::uint64_t port = fields.source_port.raw();
    const std::uint64_t tos = fields.tos;
    std::uint64_t sum = checksum_base + (tos << 8) + total + id;
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum >> 16;
    // Whole words, the fields put into the template's zeros on the way: little-endian.
    const auto word = [header](std::size_t at) { return load_word<std::uint64_t>(header + at); };
    store_word(to, word(0));
    store_word(to + 8, word(8) | tos << 56);
    store_word(to + 16, word(16) | total | id << 16);
    store_word(to + 24, word(24) | (~sum & 0xffff));
    store_word(to + 32, word(32) | port << 16 | udp << 48);
    store_word(to + 40, std::uint16_t{0});
    store_word(to + 42, fields.vxlan);
}
static_assert(sizeof(ethernet_header) + offsetof(ipv4_header, tos) == 15);
static_assert(sizeof(ethernet_header) + offsetof(ipv4_header, total_length) == 16);
static_assert(sizeof(ethernet_header) + offsetof(ipv4_header, id) == 18);
static_assert(sizeof(ethernet_header) + offsetof(ipv4_header, checksum) == 24);
static_assert(l3_offset + sizeof(ipv4_header) == 34 && sizeof(udp_header) + sizeof(vxlan_header) == 16);

/// The same for IPv6, outer_length_v6 bytes. `checksum_base` is the unfolded sum of the UDP pseudo header
/// without the length, plus the destination port. IPv6 wants a UDP checksum (RFC 8200 section 8.1):
/// `frame_sum` is checksum_add() over the tunnelled frame.
inline void write_outer_v6(std::uint8_t* to, const std::uint8_t* header, std::uint32_t checksum_base,
                           const outer_fields& fields, checksum_sum frame_sum) {
    std::memcpy(to, header, sizeof(ethernet_header) + sizeof(ipv6_header) + sizeof(udp_header));
    auto& ip = header_at<ipv6_header>(to + sizeof(ethernet_header));
    auto& udp = header_at<udp_header>(to + sizeof(ethernet_header) + sizeof(ipv6_header));
    const be16 udp_length(
        static_cast<std::uint16_t>(sizeof(udp_header) + sizeof(vxlan_header) + fields.frame_length));
    // The template's traffic class is zero.
    ip.version_class_flow =
        be32::from_raw(ip.version_class_flow.raw() | be32(std::uint32_t{fields.tos} << 20).raw());
    ip.payload_length = udp_length;
    udp.source_port = fields.source_port;
    udp.length = udp_length;
    std::memcpy(to + outer_length_v6 - sizeof(vxlan_header), &fields.vxlan, sizeof(vxlan_header));
    // The length stands in the pseudo header and in the UDP header.
    udp.checksum = checksum_finish_udp(frame_sum + checksum_base + 2 * checksum_sum{udp_length.raw()} +
                                       udp.source_port.raw() + fields.vxlan.flags.raw() +
                                       fields.vxlan.vni_reserved.raw());
}

}  // namespace waggle
