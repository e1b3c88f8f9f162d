#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/offload.hh"
#include "dataplane/packet/tcp.hh"
#include "dataplane/packet/udp.hh"

namespace waggle {

/// struct virtio_net_hdr as TAP and AF_PACKET put it before a frame (virtio 1.2 section 5.1.6, legacy
/// layout): fields in host byte order, offsets from the start of the Ethernet header.
struct virtio_net_header {
    std::uint8_t flags = 0;
    std::uint8_t gso_type = 0;
    std::uint16_t header_length = 0;
    std::uint16_t gso_size = 0;
    std::uint16_t checksum_start = 0;
    std::uint16_t checksum_offset = 0;
};
static_assert(sizeof(virtio_net_header) == 10);

namespace virtio_net {
inline constexpr std::uint8_t flag_needs_checksum = 1;
inline constexpr std::uint8_t flag_data_valid = 2;
inline constexpr std::uint8_t gso_none = 0;
inline constexpr std::uint8_t gso_tcp_v4 = 1;
/// UDP fragmentation offload; not cut by us.
inline constexpr std::uint8_t gso_udp_fragment = 3;
inline constexpr std::uint8_t gso_tcp_v6 = 4;
inline constexpr std::uint8_t gso_udp_segment = 5;
/// Set beside gso_tcp_*: the CWR flag belongs to the first segment only.
inline constexpr std::uint8_t gso_ecn = 0x80;
}  // namespace virtio_net

/// Reads the header of a frame of `length` bytes into `offload`. False if it asks for something unknown,
/// contradictory or outside the frame; whether a request fits the protocol inside is offload_fits()'s
/// question, asked once tunnel headers are gone.
inline bool read_virtio_header(const virtio_net_header& header, std::size_t length, packet_offload& offload) {
    offload = {};
    if ((header.flags & virtio_net::flag_needs_checksum) != 0) {
        offload.checksum_start = header.checksum_start;
        offload.checksum_offset = header.checksum_offset;
        offload.partial_checksum = 1;
    }
    switch (header.gso_type & ~virtio_net::gso_ecn) {
        case virtio_net::gso_none:
            return offload_in_bounds(offload, length);
        case virtio_net::gso_tcp_v4:
            offload.kind = segmentation::tcp_v4;
            break;
        case virtio_net::gso_tcp_v6:
            offload.kind = segmentation::tcp_v6;
            break;
        case virtio_net::gso_udp_segment:
            offload.kind = segmentation::udp;
            break;
        default:
            return false;
    }
    offload.segment_size = header.gso_size;
    // A frame to be cut always comes with a partial checksum (virtio 1.2 section 5.1.6.2).
    return offload.partial_checksum != 0 && offload_in_bounds(offload, length);
}

/// True if a frame that read_virtio_header() took needs anything done.
inline bool is_offload_needed(const packet_offload& offload) {
    return offload.partial_checksum != 0 || offload.kind != segmentation::none;
}

/// The header that hands `offload` on with a frame of `length` bytes. Precondition: offload_fits().
inline virtio_net_header make_virtio_header(const packet_offload& offload, const std::uint8_t* frame,
                                            std::size_t length) {
    virtio_net_header header;
    if (offload.partial_checksum != 0) {
        header.flags = virtio_net::flag_needs_checksum;
        header.checksum_start = offload.checksum_start;
        header.checksum_offset = offload.checksum_offset;
    }
    if (offload.kind == segmentation::none) return header;
    header.gso_size = offload.segment_size;
    std::size_t headers = offload.checksum_start + sizeof(udp_header);
    if (offload.kind == segmentation::udp) {
        header.gso_type = virtio_net::gso_udp_segment;
    } else {
        header.gso_type =
            offload.kind == segmentation::tcp_v4 ? virtio_net::gso_tcp_v4 : virtio_net::gso_tcp_v6;
        const auto& tcp = header_at<tcp_header>(frame + offload.checksum_start);
        if ((tcp.flags & tcp_flag::cwr) != 0) header.gso_type |= virtio_net::gso_ecn;
        headers = offload.checksum_start + tcp.header_length();
    }
    header.header_length = static_cast<std::uint16_t>(headers < length ? headers : length);
    return header;
}

}  // namespace waggle
