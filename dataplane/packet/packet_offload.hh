#pragma once

#include <cstdint>

#include <rte_mbuf.h>

namespace waggle {

/// How a frame is to be cut into segments of `segment_size` payload bytes.
enum class segmentation : std::uint8_t { none, tcp_v4, tcp_v6, udp };

/// Work on a frame that its kernel-facing port left undone (virtio-net header). Kept in the mbuf's private
/// area and valid only while has_offload(): frames of DPDK ports never touch it.
struct packet_offload {
    /// From the start of the frame to the first byte covered by the checksum; 0 with checksum_offset 0: none.
    std::uint16_t checksum_start = 0;
    /// From checksum_start to the checksum field.
    std::uint16_t checksum_offset = 0;
    /// Payload bytes a segment; 0: nothing to cut.
    std::uint16_t segment_size = 0;
    segmentation kind = segmentation::none;
    std::uint8_t partial_checksum = 0;
};

static_assert(sizeof(packet_offload) == 8);

/// Private area of every packet pool, bytes.
inline constexpr std::uint16_t mbuf_private_size = 64;

/// One of DPDK's transmit flags marks the private area as valid; receive paths of DPDK ports never set it.
inline constexpr std::uint64_t offload_flag = RTE_MBUF_F_TX_TCP_SEG;

inline bool has_offload(const rte_mbuf* packet) {
    return (packet->ol_flags & offload_flag) != 0;
}
inline packet_offload& offload_of(rte_mbuf* packet) {
    return *reinterpret_cast<packet_offload*>(packet + 1);
}
inline const packet_offload& offload_of(const rte_mbuf* packet) {
    return *reinterpret_cast<const packet_offload*>(packet + 1);
}
inline void set_offload(rte_mbuf* packet, const packet_offload& offload) {
    offload_of(packet) = offload;
    packet->ol_flags |= offload_flag;
}
/// Must be called before a frame goes to a DPDK port.
inline void clear_offload(rte_mbuf* packet) {
    packet->ol_flags &= ~offload_flag;
}

}  // namespace waggle
