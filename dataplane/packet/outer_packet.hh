#pragma once

#include <cstddef>
#include <cstdint>

#include "common/ip_address.hh"
#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/ipv6.hh"
#include "dataplane/packet/udp.hh"

namespace waggle {

/// What an underlay packet is. Everything but `udp` and `esp` ends the tunnel's interest in it.
enum class outer_verdict : std::uint8_t {
    /// A whole UDP datagram; all fields of outer_packet are valid.
    udp,
    /// ESP (RFC 4303); all fields but the port are valid.
    esp,
    /// Not IP, or IP with something else: not ours.
    other,
    /// IP or UDP header cut short or inconsistent.
    malformed,
    /// IPv4 header checksum wrong.
    checksum,
    /// A fragment of a UDP datagram or an ESP packet: VTEPs must not fragment (RFC 7348 section 4.3).
    fragment,
};

/// Where things are in an underlay packet. Pointers go into the packet.
struct outer_packet {
    outer_verdict verdict = outer_verdict::other;
    bool ipv6 = false;
    std::uint8_t tos = 0;
    be16 destination_port;
    /// UDP payload, or the ESP packet, from the start of the packet; trailing padding is left out.
    std::uint16_t payload_offset = 0;
    std::uint16_t payload_length = 0;
    const std::uint8_t* source_bytes = nullptr;

    /// Valid for udp, esp and fragment.
    ip_address source() const {
        return ipv6 ? ip_address::load_v6(source_bytes) : ip_address::load_v4(source_bytes);
    }
    ip_address destination() const {
        return ipv6 ? ip_address::load_v6(source_bytes + 16) : ip_address::load_v4(source_bytes + 4);
    }
};

namespace outer_packet_detail {

/// `available`: bytes of IP payload by the IP header.
inline outer_verdict parse_udp(const std::uint8_t* packet, std::size_t offset, std::size_t available,
                               outer_packet& parsed) {
    if (available < sizeof(udp_header)) return outer_verdict::malformed;
    const auto& udp = header_at<udp_header>(packet + offset);
    const std::size_t length = udp.length.host();
    if (length < sizeof(udp_header) || length > available) return outer_verdict::malformed;
    parsed.destination_port = udp.destination_port;
    parsed.payload_offset = static_cast<std::uint16_t>(offset + sizeof(udp_header));
    parsed.payload_length = static_cast<std::uint16_t>(length - sizeof(udp_header));
    return outer_verdict::udp;
}

inline outer_verdict take_esp(std::size_t offset, std::size_t available, outer_packet& parsed) {
    parsed.payload_offset = static_cast<std::uint16_t>(offset);
    parsed.payload_length = static_cast<std::uint16_t>(available);
    return outer_verdict::esp;
}

inline outer_verdict parse_v4(const std::uint8_t* packet, std::size_t length, outer_packet& parsed) {
    if (length < l3_offset + sizeof(ipv4_header)) return outer_verdict::malformed;
    const auto& ip = header_at<ipv4_header>(packet + l3_offset);
    const std::size_t header = ip.header_length();
    const std::size_t total = ip.total_length.host();
    if (ip.version() != 4 || header < sizeof(ipv4_header) || total < header || total > length - l3_offset)
        return outer_verdict::malformed;
    // Summed in line without options: the common case costs a handful of adds.
    std::uint32_t words[5];
    std::memcpy(words, &ip, sizeof words);
    checksum_sum sum = checksum_sum{words[0]} + words[1] + words[2] + words[3] + words[4];
    if (header > sizeof(ipv4_header)) [[unlikely]]
        sum = checksum_add(packet + l3_offset + sizeof(ipv4_header), header - sizeof(ipv4_header), sum);
    if (!checksum_valid(sum)) return outer_verdict::checksum;
    if (ip.protocol != ip_protocol::udp && ip.protocol != ip_protocol::esp) return outer_verdict::other;
    parsed.tos = ip.tos;
    parsed.source_bytes = packet + l3_offset + offsetof(ipv4_header, source);
    if ((ip.fragment.raw() & be16(ipv4_more_fragments | ipv4_fragment_offset).raw()) != 0)
        return outer_verdict::fragment;
    if (ip.protocol == ip_protocol::esp) return take_esp(l3_offset + header, total - header, parsed);
    return parse_udp(packet, l3_offset + header, total - header, parsed);
}

inline outer_verdict parse_v6(const std::uint8_t* packet, std::size_t length, outer_packet& parsed) {
    if (length < l3_offset + sizeof(ipv6_header)) return outer_verdict::malformed;
    const auto& ip = header_at<ipv6_header>(packet + l3_offset);
    const std::size_t payload = ip.payload_length.host();
    if (ip.version() != 6 || payload > length - l3_offset - sizeof(ipv6_header))
        return outer_verdict::malformed;
    parsed.ipv6 = true;
    parsed.tos = ip.traffic_class();
    parsed.source_bytes = packet + l3_offset + offsetof(ipv6_header, source);
    const std::size_t offset = l3_offset + sizeof(ipv6_header);
    if (ip.next_header == ip_protocol::fragment) {
        if (payload < sizeof(ipv6_fragment_header)) return outer_verdict::malformed;
        const std::uint8_t inner = packet[offset];
        return inner == ip_protocol::udp || inner == ip_protocol::esp ? outer_verdict::fragment
                                                                      : outer_verdict::other;
    }
    if (ip.next_header == ip_protocol::esp) return take_esp(offset, payload, parsed);
    if (ip.next_header != ip_protocol::udp) return outer_verdict::other;
    return parse_udp(packet, offset, payload, parsed);
}

}  // namespace outer_packet_detail

/// Reads an underlay packet of `length` bytes, Ethernet header first. VTEPs send UDP right behind a plain
/// IPv6 header, so one behind extension headers is `other`. The UDP checksum is not looked at: RFC 7348
/// section 4.1 leaves its verification to the receiver.
inline outer_packet parse_outer_packet(const std::uint8_t* packet, std::size_t length) {
    outer_packet parsed;
    if (length < sizeof(ethernet_header)) {
        parsed.verdict = outer_verdict::malformed;
        return parsed;
    }
    const be16 type = header_at<ethernet_header>(packet).type;
    if (type == be16(ethertype::ipv4)) [[likely]]
        parsed.verdict = outer_packet_detail::parse_v4(packet, length, parsed);
    else if (type == be16(ethertype::ipv6))
        parsed.verdict = outer_packet_detail::parse_v6(packet, length, parsed);
    return parsed;
}

}  // namespace waggle
