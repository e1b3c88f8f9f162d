#pragma once

#include <rte_mbuf.h>

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/virtio_net_header.hh"

namespace waggle {

/// Hands on what the virtio-net header before a received frame asks for.
inline void take_over_offload(const virtio_net_header& header, rte_mbuf* frame) {
    packet_offload offload;
    if (!read_virtio_header(header, rte_pktmbuf_data_len(frame), offload)) {
        // Outside of any frame: the pipeline drops it as a bad offload, on its overlay's account.
        offload = {};
        offload.checksum_start = UINT16_MAX;
        offload.partial_checksum = 1;
    }
    if (is_offload_needed(offload)) set_offload(frame, offload);
}

/// The header to be written before a frame.
inline virtio_net_header header_for(const rte_mbuf* frame) {
    if (!has_offload(frame)) return {};
    return make_virtio_header(offload_of(frame), rte_pktmbuf_mtod(frame, const std::uint8_t*),
                              rte_pktmbuf_data_len(frame));
}

}  // namespace waggle
