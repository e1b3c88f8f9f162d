#include "dataplane/packet/oversize.hh"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/icmp.hh"

namespace waggle {
namespace {

/// An ICMP error quotes as much as fits 576 bytes, RFC 1812 section 4.3.2.3.
constexpr std::size_t icmp_limit = 576;
/// "Internetwork control", RFC 1812 section 4.3.2.5.
constexpr std::uint8_t icmp_error_tos = 0xc0;
constexpr std::uint8_t hop_limit = 64;

bool is_icmp_error(const std::uint8_t* frame, const inner_frame& parsed) {
    const std::size_t end = l3_offset + parsed.ip_length;
    if (parsed.kind == frame_kind::ipv4) {
        if (parsed.protocol != ip_protocol::icmp) return false;
        if (parsed.l4_offset == 0 || parsed.l4_offset >= end) return true;
        switch (frame[parsed.l4_offset]) {
            case icmp_type::destination_unreachable:
            case icmp_type::source_quench:
            case icmp_type::redirect:
            case icmp_type::time_exceeded:
            case icmp_type::parameter_problem:
                return true;
            default:
                return false;
        }
    }
    if (parsed.protocol != ip_protocol::icmpv6) return false;
    if (parsed.l4_offset == 0 || parsed.l4_offset >= end) return true;
    const std::uint8_t type = frame[parsed.l4_offset];
    // RFC 4443 section 2.4 (e): neither for errors nor for redirects.
    return type < icmpv6_type::first_informational || type == icmpv6_type::redirect;
}

/// 0/8, 127/8, 224/4 and 240/4 name no single host, RFC 1122 section 3.2.1.3.
bool is_host_v4(be32 address) {
    const std::uint32_t first = address.host() >> 24;
    return first != 0 && first != 127 && first < 224;
}

/// Neither ::, ::1 nor multicast.
bool is_host_v6(const std::array<std::uint8_t, 16>& address) {
    if (address[0] == 0xff) return false;
    const bool zeros = std::all_of(address.begin(), address.end() - 1, [](std::uint8_t b) { return b == 0; });
    return !zeros || address[15] > 1;
}

bool may_answer(const std::uint8_t* frame, const inner_frame& parsed, std::uint16_t mtu) {
    const auto& ethernet = header_at<ethernet_header>(frame);
    if (ethernet.destination.is_multicast() || ethernet.source.is_multicast()) return false;
    // The sender learns from the first fragment; later ones must not be answered (RFC 1812 section 4.3.2.7).
    if (parsed.later_fragment || is_icmp_error(frame, parsed)) return false;
    if (parsed.kind == frame_kind::ipv4) {
        // Even with DF clear: a tunnel that does not fragment would be a black hole otherwise, and senders
        // heed the message regardless.
        const auto& ip = header_at<ipv4_header>(frame + l3_offset);
        return is_host_v4(ip.source) && is_host_v4(ip.destination);
    }
    if (parsed.kind == frame_kind::ipv6) {
        // RFC 8201 section 4: a node discards a packet-too-big below the IPv6 minimum.
        const auto& ip = header_at<ipv6_header>(frame + l3_offset);
        return mtu >= ipv6_minimum_mtu && is_host_v6(ip.source) && is_host_v6(ip.destination);
    }
    return false;
}

/// Makes the frame start `growth` bytes earlier, moving it when there is too little headroom, and cuts it to
/// `kept` bytes behind. False if the buffer is too small.
bool make_room(frame_window& window, std::size_t growth, std::size_t kept) {
    const std::size_t length = growth + kept;
    if (window.offset >= growth) {
        window.offset -= growth;
    } else {
        if (window.capacity < length) return false;
        std::memmove(window.buffer + growth, window.frame(), kept);
        window.offset = 0;
    }
    window.length = length;
    return true;
}

}  // namespace

bool answer_oversize(frame_window& window, const inner_frame& parsed, std::uint16_t mtu) {
    if (!may_answer(window.frame(), parsed, mtu)) return false;
    const bool v4 = parsed.kind == frame_kind::ipv4;
    const std::size_t ip_header = v4 ? sizeof(ipv4_header) : sizeof(ipv6_header);
    const std::size_t headers = ip_header + sizeof(icmp_fragmentation_needed);
    static_assert(sizeof(icmp_fragmentation_needed) == sizeof(icmpv6_packet_too_big));
    const std::size_t limit = v4 ? std::min<std::size_t>(icmp_limit, mtu) : ipv6_minimum_mtu;
    if (limit <= headers + ip_header) return false;
    const std::size_t quoted = std::min<std::size_t>(parsed.ip_length, limit - headers);

    const ethernet_header ethernet = header_at<ethernet_header>(window.frame());
    // Both IP headers begin the quotation, so the addresses are read from it after the move.
    if (!make_room(window, headers, l3_offset + quoted)) return false;
    std::uint8_t* frame = window.frame();
    std::uint8_t* outer = frame + l3_offset;
    const std::uint8_t* quote = outer + headers;
    header_at<ethernet_header>(frame) = {
        .destination = ethernet.source, .source = ethernet.destination, .type = ethernet.type};
    std::uint8_t* icmp = outer + ip_header;
    const auto icmp_length = static_cast<std::uint16_t>(sizeof(icmp_header) + 4 + quoted);

    if (v4) {
        const auto& original = header_at<ipv4_header>(quote);
        auto& ip = header_at<ipv4_header>(outer);
        ip = {.version_ihl = 0x45,
              .tos = icmp_error_tos,
              .total_length = be16(static_cast<std::uint16_t>(ip_header + icmp_length)),
              .id = be16(),
              .fragment = be16(ipv4_dont_fragment),
              .ttl = hop_limit,
              .protocol = ip_protocol::icmp,
              .checksum = be16(),
              .source = original.destination,
              .destination = original.source};
        ip.checksum = checksum_finish(checksum_add(&ip, sizeof ip));
        auto& message = header_at<icmp_fragmentation_needed>(icmp);
        message = {.base = {.type = icmp_type::destination_unreachable,
                            .code = icmp_type::code_fragmentation_needed,
                            .checksum = be16()},
                   .unused = be16(),
                   .next_hop_mtu = be16(mtu)};
        message.base.checksum = checksum_finish(checksum_add(icmp, icmp_length));
    } else {
        const auto& original = header_at<ipv6_header>(quote);
        auto& ip = header_at<ipv6_header>(outer);
        ip = {.version_class_flow = be32(0x6000'0000),
              .payload_length = be16(icmp_length),
              .next_header = ip_protocol::icmpv6,
              .hop_limit = hop_limit,
              .source = original.destination,
              .destination = original.source};
        auto& message = header_at<icmpv6_packet_too_big>(icmp);
        message = {.base = {.type = icmpv6_type::packet_too_big, .code = 0, .checksum = be16()},
                   .mtu = be32(mtu)};
        message.base.checksum = checksum_finish(
            checksum_add(icmp, icmp_length, checksum_pseudo_v6(&ip.source, ip.next_header, icmp_length)));
    }
    return true;
}

}  // namespace waggle
