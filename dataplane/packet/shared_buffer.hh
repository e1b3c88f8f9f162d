#pragma once

#include <cstdint>

#include <rte_mbuf.h>

#include "dataplane/packet/packet_offload.hh"

namespace waggle {

/// Lets packets lie in the buffer of a larger one: what several packets came in is given back with the last
/// of them. One thread shares it out; the packets may be freed by any.
class shared_buffer {
public:
    /// Takes `whole`, a linear packet of a pool of ours, over; its offload is lost.
    explicit shared_buffer(rte_mbuf* whole) : _whole(whole), _shared(place_in(whole)) {
        _shared->free_cb = [](void*, void* packet) { rte_pktmbuf_free(static_cast<rte_mbuf*>(packet)); };
        _shared->fcb_opaque = whole;
        rte_mbuf_ext_refcnt_set(_shared, 1);
    }
    ~shared_buffer() {
        if (rte_mbuf_ext_refcnt_update(_shared, -1) == 0) rte_pktmbuf_free(_whole);
    }
    shared_buffer(const shared_buffer&) = delete;
    shared_buffer& operator=(const shared_buffer&) = delete;

    /// Makes the fresh mbuf `packet` one of the `length` bytes at `offset` of the whole. It has no headroom
    /// and no tailroom, and its bytes may be written.
    void attach(rte_mbuf* packet, std::uint16_t offset, std::uint16_t length) {
        rte_mbuf_ext_refcnt_update(_shared, 1);
        rte_pktmbuf_attach_extbuf(packet, rte_pktmbuf_mtod_offset(_whole, void*, offset),
                                  rte_pktmbuf_iova_offset(_whole, offset), length, _shared);
        packet->data_len = length;
        packet->pkt_len = length;
        packet->port = _whole->port;
    }

private:
    /// Behind the offload in the private area of the whole, where only this class looks.
    static rte_mbuf_ext_shared_info* place_in(rte_mbuf* whole) {
        constexpr std::size_t offset = sizeof(rte_mbuf) + sizeof(packet_offload);
        static_assert(sizeof(packet_offload) + sizeof(rte_mbuf_ext_shared_info) <= mbuf_private_size);
        static_assert(offset % alignof(rte_mbuf_ext_shared_info) == 0);
        return reinterpret_cast<rte_mbuf_ext_shared_info*>(reinterpret_cast<std::uint8_t*>(whole) + offset);
    }

    rte_mbuf* _whole;
    rte_mbuf_ext_shared_info* _shared;
};

inline bool is_in_shared_buffer(const rte_mbuf* packet) {
    return RTE_MBUF_HAS_EXTBUF(packet);
}

}  // namespace waggle
