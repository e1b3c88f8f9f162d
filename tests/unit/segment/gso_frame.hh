#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/packet/packet_offload.hh"
#include "tests/support/packet_builder.hh"

namespace waggle::test {

/// One GSO frame by its parts, and the segments it should become, each built from scratch.
struct gso_frame {
    segmentation kind = segmentation::tcp_v4;
    bool v6 = false;
    std::uint16_t segment_size = 1448;
    bytes payload = pattern(5000);
    /// TCP only; a multiple of 4 bytes.
    bytes tcp_options{};
    std::uint8_t tcp_flags = 0x10;
    std::uint32_t sequence = 1000;
    /// IPv4 options, or whole IPv6 extension headers; `first_header` is the type of the first.
    bytes ip_options{};
    std::uint8_t first_header = 0;
    std::uint16_t id = 7;
    std::uint16_t fragment = 0x4000;
    std::uint8_t tos = 2;
    bytes padding{};
    std::uint16_t source_port = 40000;

    bool is_tcp() const { return kind != segmentation::udp; }
    std::size_t l4_header() const { return is_tcp() ? 20 + tcp_options.size() : 8; }
    std::size_t l4_offset() const { return (v6 ? 54 : 34) + ip_options.size(); }
    std::size_t header_length() const { return l4_offset() + l4_header(); }
    std::size_t pieces() const { return (payload.size() + segment_size - 1) / segment_size; }

    packet_offload offload() const {
        return {.checksum_start = static_cast<std::uint16_t>(l4_offset()),
                .checksum_offset = static_cast<std::uint16_t>(is_tcp() ? 16 : 6),
                .segment_size = segment_size,
                .kind = kind,
                .partial_checksum = 1};
    }
    /// As it comes from the kernel.
    bytes whole() const {
        return concatenated({build(payload, sequence, tcp_flags, id, checksum::partial), padding});
    }
    bytes piece(std::size_t index) const {
        const std::size_t offset = index * segment_size;
        const std::size_t end = std::min(offset + segment_size, payload.size());
        std::uint8_t flags = tcp_flags;
        if (end != payload.size()) flags &= 0xf6;  // FIN and PSH
        if (index != 0) flags &= 0x7f;             // CWR
        const bytes part(payload.begin() + static_cast<std::ptrdiff_t>(offset),
                         payload.begin() + static_cast<std::ptrdiff_t>(end));
        return build(part, sequence + static_cast<std::uint32_t>(offset), flags,
                     static_cast<std::uint16_t>(id + index), checksum::full);
    }

private:
    bytes build(const bytes& content, std::uint32_t at, std::uint8_t flags, std::uint16_t ip_id,
                checksum sum) const {
        const ip_address from = ip(v6 ? "fd00::1" : "10.0.0.1");
        const ip_address to = ip(v6 ? "fd00::2" : "10.0.0.2");
        const bytes packet = is_tcp() ? tcp(from, to, source_port, 80, content,
                                            {.sequence = at, .flags = flags, .options = tcp_options}, sum)
                                      : udp(from, to, source_port, 443, content, sum);
        const std::uint8_t protocol = is_tcp() ? 6 : 17;
        const mac_address here = mac("02:00:00:00:00:01");
        const mac_address there = mac("02:00:00:00:00:02");
        if (v6) {
            return ethernet(there, here, 0x86dd,
                            ipv6(from, to, ip_options.empty() ? protocol : first_header,
                                 concatenated({ip_options, packet}), {.traffic_class = tos}));
        }
        return ethernet(there, here, 0x0800,
                        ipv4(from, to, protocol, packet,
                             {.tos = tos, .id = ip_id, .fragment = fragment, .options = ip_options}));
    }
};

}  // namespace waggle::test
