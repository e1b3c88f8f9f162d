#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/esp.hh"
#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/ipv6.hh"
#include "dataplane/packet/outer_header.hh"
#include "dataplane/packet/udp.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/packet/words.hh"

namespace waggle {

/// Bytes that ESP in transport mode puts between the IP and the UDP header, with a UDP header in front of its
/// own for RFC 3948.
inline constexpr std::size_t esp_gap = sizeof(esp_header);
inline constexpr std::size_t esp_in_udp_gap = sizeof(udp_header) + sizeof(esp_header);
/// What ESP's payload has in front of the frame: UDP and VXLAN header.
inline constexpr std::size_t sealed_headers = sizeof(udp_header) + sizeof(vxlan_header);

/// Ethernet and IPv4 header in front of an ESP packet at `esp`, which will have `sealed` bytes, and the UDP
/// and VXLAN header that it carries, behind the room for ESP's own. What write_outer_v4() and
/// move_ip_header_v4() do in turn, with each byte written once; arguments as there.
inline void write_sealed_outer_v4(std::uint8_t* esp, const std::uint8_t* header, std::uint32_t checksum_base,
                                  const outer_fields& fields, std::size_t sealed) {
    const std::uint64_t udp = be16(static_cast<std::uint16_t>(sealed_headers + fields.frame_length)).raw();
    const std::uint64_t total = be16(static_cast<std::uint16_t>(sizeof(ipv4_header) + sealed)).raw();
    const std::uint64_t id = be16(fields.id).raw();
    const std::uint64_t port = fields.source_port.raw();
    const std::uint64_t tos = fields.tos;
    // Of the protocol and of the sum that it is in: from UDP's to ESP's.
    constexpr std::uint64_t protocol = ip_protocol::esp ^ ip_protocol::udp;
    constexpr std::uint64_t protocol_sum = (ip_protocol::esp - ip_protocol::udp) << 8;
    std::uint64_t sum = checksum_base + protocol_sum + (tos << 8) + total + id;
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum >> 16;
    const auto word = [header](std::size_t at) { return load_word<std::uint64_t>(header + at); };
    std::uint8_t* const to = esp - sizeof(ethernet_header) - sizeof(ipv4_header);
    const std::uint64_t last = word(32);
    store_word(to, word(0));
    store_word(to + 8, word(8) | tos << 56);
    store_word(to + 16, (word(16) ^ protocol << 56) | total | id << 16);
    store_word(to + 24, word(24) | (~sum & 0xffff));
    store_word(to + 32, static_cast<std::uint16_t>(last));
    store_word(esp + sizeof(esp_header), last >> 16 | port | udp << 32);
    store_word(esp + sizeof(esp_header) + sizeof(udp_header), fields.vxlan);
}
static_assert(ip_protocol::esp > ip_protocol::udp);

/// Turns the Ethernet and IPv4 header at `packet`, in front of a UDP header, into those of an ESP packet that
/// starts `gap` bytes earlier: moves them there and changes protocol, total length and checksum. `payload`:
/// bytes behind the IP header; `protocol`: ESP, or UDP for ESP in UDP.
inline void move_ip_header_v4(std::uint8_t* packet, std::size_t gap, std::size_t payload,
                              std::uint8_t protocol) {
    const auto first = load_word<std::uint64_t>(packet);
    const auto second = load_word<std::uint64_t>(packet + 8);
    const auto third = load_word<std::uint64_t>(packet + 16);
    const auto fourth = load_word<std::uint64_t>(packet + 24);
    const auto last = load_word<std::uint16_t>(packet + 32);
    const std::uint64_t total = be16(static_cast<std::uint16_t>(sizeof(ipv4_header) + payload)).raw();
    const std::uint64_t ttl_protocol = (third >> 48 & 0xff) | std::uint64_t{protocol} << 8;
    // RFC 1624 equation 3 for two words.
    std::uint64_t sum =
        (~fourth & 0xffff) + (~third & 0xffff) + total + (~(third >> 48) & 0xffff) + ttl_protocol;
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum >> 16;
    std::uint8_t* const to = packet - gap;
    store_word(to, first);
    store_word(to + 8, second);
    store_word(to + 16, (third & 0x0000'ffff'ffff'0000U) | total | ttl_protocol << 48);
    store_word(to + 24, (fourth & ~std::uint64_t{0xffff}) | (~sum & 0xffff));
    store_word(to + 32, last);
}
static_assert(sizeof(ethernet_header) + offsetof(ipv4_header, ttl) == 22);
static_assert(sizeof(ethernet_header) + sizeof(ipv4_header) == 34);

/// The same for IPv6.
inline void move_ip_header_v6(std::uint8_t* packet, std::size_t gap, std::size_t payload,
                              std::uint8_t protocol) {
    std::uint8_t* const to = packet - gap;
    std::memmove(to, packet, sizeof(ethernet_header) + sizeof(ipv6_header));
    auto& ip = header_at<ipv6_header>(to + sizeof(ethernet_header));
    ip.payload_length = be16(static_cast<std::uint16_t>(payload));
    ip.next_header = protocol;
}

/// The UDP header of ESP in UDP (RFC 3948 section 2.1) in front of `sealed` bytes of ESP, from and to `port`.
/// The checksum stays 0.
inline void write_esp_udp_header(std::uint8_t* to, std::uint16_t source_port, std::uint16_t destination_port,
                                 std::size_t sealed) {
    header_at<udp_header>(to) = {.source_port = be16(source_port),
                                 .destination_port = be16(destination_port),
                                 .length = be16(static_cast<std::uint16_t>(sizeof(udp_header) + sealed)),
                                 .checksum = be16(0)};
}

}  // namespace waggle
