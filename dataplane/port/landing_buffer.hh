#pragma once

#include <utility>

#include <rte_mbuf.h>
#include <rte_memcpy.h>
#include <sys/uio.h>

#include "dataplane/port/packet_pools.hh"

namespace waggle {

/// Room for one frame of unknown length that the kernel is about to copy out: a small buffer and the rest of
/// a large one behind it. A frame that fits the small one stays there, so that large buffers are not held in
/// rings and queues; a longer one costs a copy of its beginning.
class landing_buffer {
public:
    landing_buffer() = default;
    landing_buffer(const landing_buffer&) = delete;
    landing_buffer& operator=(const landing_buffer&) = delete;
    ~landing_buffer() {
        rte_pktmbuf_free(_small);
        rte_pktmbuf_free(_large);
    }

    /// Replaces what take() took away; false if a pool is empty.
    bool prepare(const packet_pools& pools) {
        if (_small == nullptr) _small = rte_pktmbuf_alloc(pools.packet);
        if (_large == nullptr) _large = rte_pktmbuf_alloc(pools.large);
        return _small != nullptr && _large != nullptr;
    }
    /// Where the kernel writes. Precondition: prepare() succeeded.
    void describe(iovec (&parts)[2]) const {
        const unsigned head = small_capacity();
        parts[0] = {rte_pktmbuf_mtod(_small, void*), head};
        parts[1] = {rte_pktmbuf_mtod_offset(_large, void*, head), large_frame_capacity - head};
    }
    /// The frame of `length` (at most large_frame_capacity) bytes that was written; the caller's.
    rte_mbuf* take(unsigned length) {
        const unsigned head = small_capacity();
        rte_mbuf* frame = nullptr;
        if (length <= head) {
            frame = std::exchange(_small, nullptr);
        } else {
            rte_memcpy(rte_pktmbuf_mtod(_large, void*), rte_pktmbuf_mtod(_small, void*), head);
            frame = std::exchange(_large, nullptr);
        }
        frame->data_len = static_cast<std::uint16_t>(length);
        frame->pkt_len = length;
        return frame;
    }

private:
    unsigned small_capacity() const { return rte_pktmbuf_tailroom(_small); }

    rte_mbuf* _small = nullptr;
    rte_mbuf* _large = nullptr;
};

}  // namespace waggle
