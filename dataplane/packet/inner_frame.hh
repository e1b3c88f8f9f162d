#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/flow_hash.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/ipv6.hh"

namespace waggle {

/// What a container's frame carries. `other` includes IP headers that contradict the frame: such a frame is
/// an opaque payload of the Ethernet that we carry, no error.
enum class frame_kind : std::uint8_t { other, ipv4, ipv6, arp, vlan };

/// A container's frame as far as the tunnel looks into it.
struct inner_frame {
    /// Equal for all packets of a flow and all fragments of a datagram: addresses, protocol and ports; MAC
    /// addresses if not IP.
    std::uint32_t flow_hash = 0;
    /// Bytes of the IP packet by its own header, 0 if not IP.
    std::uint16_t ip_length = 0;
    /// From the start of the frame; 0 if there is none to be seen (not IP, a later fragment, an unknown or
    /// endless chain of extension headers).
    std::uint16_t l4_offset = 0;
    frame_kind kind = frame_kind::other;
    /// Transport protocol, also of fragments; meaningless if not IP.
    std::uint8_t protocol = 0;
    /// TOS or traffic class, 0 if not IP.
    std::uint8_t tos = 0;
    /// A fragment of a datagram, the first or a later one.
    bool fragment = false;
    /// A fragment that does not carry the transport header.
    bool later_fragment = false;
    /// IPv4 DF; always true for IPv6.
    bool dont_fragment = false;
};
static_assert(sizeof(inner_frame) == 16);

namespace inner_frame_detail {

template <typename T>
T load(const std::uint8_t* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

inline bool has_ports(std::uint8_t protocol) {
    if (protocol == ip_protocol::tcp || protocol == ip_protocol::udp) [[likely]]
        return true;
    return protocol == ip_protocol::dccp || protocol == ip_protocol::sctp ||
           protocol == ip_protocol::udp_lite;
}

/// Order within an overlay is kept per pair of MAC addresses when nothing finer is known.
inline std::uint32_t hash_macs(const std::uint8_t* frame) {
    return hash_word(hash_word(hash_start, load<std::uint64_t>(frame)), load<std::uint32_t>(frame + 8));
}

inline bool parse_ipv4(const std::uint8_t* frame, std::size_t length, inner_frame& parsed) {
    if (length < l3_offset + sizeof(ipv4_header)) return false;
    const auto& ip = header_at<ipv4_header>(frame + l3_offset);
    const unsigned header = ip.header_length();
    const unsigned total = ip.total_length.host();
    if (ip.version() != 4 || header < sizeof(ipv4_header) || total < header || total > length - l3_offset)
        return false;
    const std::uint16_t fragment = ip.fragment.host();
    parsed.kind = frame_kind::ipv4;
    parsed.ip_length = static_cast<std::uint16_t>(total);
    parsed.protocol = ip.protocol;
    parsed.tos = ip.tos;
    parsed.dont_fragment = (fragment & ipv4_dont_fragment) != 0;
    parsed.fragment = (fragment & (ipv4_more_fragments | ipv4_fragment_offset)) != 0;
    parsed.later_fragment = (fragment & ipv4_fragment_offset) != 0;
    std::uint64_t ports = 0;
    if (!parsed.later_fragment) {
        parsed.l4_offset = static_cast<std::uint16_t>(l3_offset + header);
        if (!parsed.fragment && has_ports(ip.protocol) && total >= header + 4)
            ports = load<std::uint32_t>(frame + parsed.l4_offset);
    }
    const auto addresses = load<std::uint64_t>(frame + l3_offset + offsetof(ipv4_header, source));
    parsed.flow_hash = hash_word(hash_word(hash_start, addresses), ports << 8 | ip.protocol);
    return true;
}

/// More extension headers than this are not walked.
inline constexpr unsigned extension_limit = 8;

/// What stands behind the extension headers. By value, in and out: an address taken here would keep the
/// inner_frame of the common case out of registers.
struct extension_walk {
    std::uint16_t l4_offset = 0;
    std::uint8_t protocol = 0;
    bool fragment = false;
    bool later_fragment = false;
};

/// Finds protocol and transport header; `protocol` is the IPv6 header's next header.
[[gnu::noinline]] inline extension_walk walk_extensions(const std::uint8_t* frame, std::size_t end,
                                                        std::uint8_t protocol) {
    extension_walk found{.protocol = protocol};
    std::size_t offset = l3_offset + sizeof(ipv6_header);
    for (unsigned i = 0; i < extension_limit; ++i) {
        switch (found.protocol) {
            case ip_protocol::hop_by_hop:
            case ip_protocol::routing:
            case ip_protocol::destination_options:
                if (end - offset < 8) return found;
                found.protocol = frame[offset];
                offset += 8U + frame[offset + 1] * 8U;
                break;
            case ip_protocol::ah:
                if (end - offset < 8) return found;
                found.protocol = frame[offset];
                offset += 8U + frame[offset + 1] * 4U;
                break;
            case ip_protocol::fragment: {
                if (end - offset < sizeof(ipv6_fragment_header)) return found;
                const auto& header = header_at<ipv6_fragment_header>(frame + offset);
                // RFC 6946: offset 0 without more fragments is a whole datagram.
                found.later_fragment = (header.offset_more.host() & 0xfff8) != 0;
                found.fragment = (header.offset_more.host() & 0xfff9) != 0;
                found.protocol = header.next_header;
                offset += sizeof(ipv6_fragment_header);
                if (found.later_fragment) return found;
                break;
            }
            default:
                if (found.protocol != ip_protocol::no_next_header)
                    found.l4_offset = static_cast<std::uint16_t>(offset);
                return found;
        }
        if (offset > end) return found;
    }
    return found;
}

inline bool parse_ipv6(const std::uint8_t* frame, std::size_t length, inner_frame& parsed) {
    if (length < l3_offset + sizeof(ipv6_header)) return false;
    const auto& ip = header_at<ipv6_header>(frame + l3_offset);
    const std::size_t total = sizeof(ipv6_header) + ip.payload_length.host();
    if (ip.version() != 6 || total > length - l3_offset || total > 0xffff) return false;
    parsed.kind = frame_kind::ipv6;
    parsed.ip_length = static_cast<std::uint16_t>(total);
    parsed.protocol = ip.next_header;
    parsed.tos = ip.traffic_class();
    parsed.dont_fragment = true;
    if (has_ports(ip.next_header)) [[likely]] {
        parsed.l4_offset = l3_offset + sizeof(ipv6_header);
    } else {
        const extension_walk found = walk_extensions(frame, l3_offset + total, ip.next_header);
        parsed.protocol = found.protocol;
        parsed.l4_offset = found.l4_offset;
        parsed.fragment = found.fragment;
        parsed.later_fragment = found.later_fragment;
    }
    std::uint64_t ports = 0;
    if (!parsed.fragment && parsed.l4_offset != 0 && has_ports(parsed.protocol) &&
        l3_offset + total >= parsed.l4_offset + 4U)
        ports = load<std::uint32_t>(frame + parsed.l4_offset);
    // A fragment's transport protocol stays out: later fragments need not show it (RFC 8200 section 4.5).
    const std::uint8_t protocol = parsed.fragment ? ip_protocol::fragment : parsed.protocol;
    const std::uint8_t* addresses = frame + l3_offset + offsetof(ipv6_header, source);
    std::uint32_t hash = hash_start;
    for (std::size_t i = 0; i < 32; i += 8) hash = hash_word(hash, load<std::uint64_t>(addresses + i));
    parsed.flow_hash = hash_word(hash, ports << 8 | protocol);
    return true;
}

}  // namespace inner_frame_detail

/// What the data path needs of the most common frame.
struct plain_ipv4_frame {
    /// False: look with parse_inner_frame(). The other fields equal that function's.
    bool matches = false;
    std::uint32_t flow_hash = 0;
    std::uint32_t tos = 0;
};

/// Recognises unfragmented TCP and UDP over IPv4 without options, with a few wide loads. For a frame of at
/// least sizeof(ethernet_header) bytes.
inline plain_ipv4_frame parse_plain_ipv4(const std::uint8_t* frame, std::size_t length) {
    using namespace inner_frame_detail;
    constexpr std::size_t ports_end = l3_offset + sizeof(ipv4_header) + 4;
    if (length < ports_end) return {};
    // EtherType, version and header length, TOS, total length, id; then fragment, TTL, protocol.
    // Little-endian.
    const auto first = load<std::uint64_t>(frame + 12);
    const auto second = load<std::uint64_t>(frame + 20);
    const auto protocol = static_cast<std::uint32_t>(second >> 24 & 0xff);
    const std::uint32_t total = __builtin_bswap16(static_cast<std::uint16_t>(first >> 32));
    const bool plain = (first & 0xff'ffff) == 0x45'0008 &&
                       (second & be16(ipv4_more_fragments | ipv4_fragment_offset).raw()) == 0 &&
                       total >= ports_end - l3_offset && total <= length - l3_offset;
    if (!plain || (protocol != ip_protocol::tcp && protocol != ip_protocol::udp)) return {};
    const std::uint64_t ports = load<std::uint32_t>(frame + ports_end - 4);
    const auto addresses = load<std::uint64_t>(frame + l3_offset + offsetof(ipv4_header, source));
    return {.matches = true,
            .flow_hash = hash_word(hash_word(hash_start, addresses), ports << 8 | protocol),
            .tos = static_cast<std::uint32_t>(first >> 24 & 0xff)};
}

/// Looks into a frame of `length` bytes, at least sizeof(ethernet_header), at most 65,549 (an IP packet of
/// the largest size). Never fails: what it can't make out is `other`.
inline inner_frame parse_inner_frame(const std::uint8_t* frame, std::size_t length) {
    using namespace inner_frame_detail;
    inner_frame parsed;
    const be16 type = header_at<ethernet_header>(frame).type;
    if (type == be16(ethertype::ipv4)) [[likely]] {
        if (parse_ipv4(frame, length, parsed)) [[likely]]
            return parsed;
    } else if (type == be16(ethertype::ipv6)) {
        if (parse_ipv6(frame, length, parsed)) return parsed;
    } else if (type == be16(ethertype::arp)) {
        parsed.kind = frame_kind::arp;
    } else if (type == be16(ethertype::vlan) || type == be16(ethertype::service_vlan)) {
        parsed.kind = frame_kind::vlan;
    }
    parsed.flow_hash = hash_macs(frame);
    return parsed;
}

}  // namespace waggle
