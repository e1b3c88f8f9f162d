#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/ip_address.hh"
#include "common/mac_address.hh"

/// Packets for tests, written field by field from the RFCs and sharing no code with the dataplane: what comes
/// out of the pipelines is compared with these byte by byte.
namespace waggle::test {

using bytes = std::vector<std::uint8_t>;

/// Literals for tests; a text that does not parse ends the program.
mac_address mac(std::string_view text);
ip_address ip(std::string_view text);

bytes concatenated(std::initializer_list<bytes> parts);
/// `count` bytes 0, 1, 2, ...
bytes pattern(std::size_t count);
/// The Internet checksum (RFC 1071) in host order, of bytes in network order.
std::uint16_t internet_checksum(std::span<const std::uint8_t> data);
/// Sum of the pseudo header for `length` bytes of `protocol`, not complemented: what a kernel leaves in the
/// checksum field of a packet with a partial checksum.
std::uint16_t pseudo_header_sum(const ip_address& source, const ip_address& destination,
                                std::uint8_t protocol, std::size_t length);

bytes ethernet(const mac_address& destination, const mac_address& source, std::uint16_t type,
               const bytes& payload);
/// With IEEE 802.1Q tag of VLAN 7.
bytes tagged_ethernet(const mac_address& destination, const mac_address& source, std::uint16_t type,
                      const bytes& payload);

struct ipv4_fields {
    std::uint8_t tos = 0;
    std::uint16_t id = 0;
    /// Flags and fragment offset.
    std::uint16_t fragment = 0;
    std::uint8_t ttl = 64;
    bytes options{};
};
bytes ipv4(const ip_address& source, const ip_address& destination, std::uint8_t protocol,
           const bytes& payload, const ipv4_fields& fields = {});

struct ipv6_fields {
    std::uint8_t traffic_class = 0;
    std::uint32_t flow_label = 0;
    std::uint8_t hop_limit = 64;
};
bytes ipv6(const ip_address& source, const ip_address& destination, std::uint8_t next_header,
           const bytes& payload, const ipv6_fields& fields = {});
/// IPv4 or IPv6 by the family of `source`, with default fields but the TOS / traffic class.
bytes ip_packet(const ip_address& source, const ip_address& destination, std::uint8_t protocol,
                const bytes& payload, std::uint8_t tos = 0);

enum class checksum { full, zero, partial };

bytes udp(const ip_address& source, const ip_address& destination, std::uint16_t source_port,
          std::uint16_t destination_port, const bytes& payload, checksum sum = checksum::full);

struct tcp_fields {
    std::uint32_t sequence = 1000;
    std::uint32_t acknowledgement = 2000;
    /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
    std::uint8_t flags = 16;
    std::uint16_t window = 512;
    /// A multiple of 4 bytes.
    bytes options{};
};
bytes tcp(const ip_address& source, const ip_address& destination, std::uint16_t source_port,
          std::uint16_t destination_port, const bytes& payload, const tcp_fields& fields = {},
          checksum sum = checksum::full);

bytes icmp_v4(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const bytes& payload);
bytes icmp_v6(const ip_address& source, const ip_address& destination, std::uint8_t type, std::uint8_t code,
              std::uint32_t rest, const bytes& payload);

/// RFC 826; operation 1 request, 2 reply.
bytes arp(std::uint16_t operation, const mac_address& sender_mac, const ip_address& sender_ip,
          const mac_address& target_mac, const ip_address& target_ip);
/// IPv6 packet of RFC 4861 section 4.3, with the source link-layer option unless the source is unspecified.
bytes neighbour_solicitation(const mac_address& source_mac, const ip_address& source,
                             const ip_address& destination, const ip_address& target);
/// IPv6 packet of RFC 4861 section 4.4 with the target link-layer option. Flags: R 0x80, S 0x40, O 0x20.
bytes neighbour_advertisement(const ip_address& source, const ip_address& destination, std::uint8_t flags,
                              const ip_address& target, const mac_address& target_mac);
/// ff02::1:ffXX:XXXX and 33:33:ff:XX:XX:XX of an address (RFC 4291 section 2.7.1, RFC 2464 section 7).
ip_address solicited_node(const ip_address& target);
mac_address multicast_mac(const ip_address& group);

/// RFC 7348 section 5.
bytes vxlan(std::uint32_t vni, const bytes& frame, std::uint8_t flags = 0x08);

/// What stands around a tunnelled frame.
struct outer_fields {
    mac_address destination_mac;
    mac_address source_mac;
    ip_address source;
    ip_address destination;
    std::uint16_t source_port = 50000;
    std::uint16_t destination_port = 4789;
    std::uint8_t tos = 0;
    std::uint16_t id = 0;
    std::uint16_t fragment = 0;
    checksum sum = checksum::zero;
};
bytes tunnelled(const outer_fields& outer, std::uint32_t vni, const bytes& frame);

std::uint16_t read16(const bytes& packet, std::size_t at);
/// "00 11 22 ..." in rows of 16, for failure messages.
std::string hex(std::span<const std::uint8_t> packet);

}  // namespace waggle::test
