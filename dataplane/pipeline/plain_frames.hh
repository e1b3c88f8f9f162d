#pragma once

#include <array>

#include "dataplane/packet/offload.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/pipeline/burst.hh"
#include "dataplane/segment/cut.hh"

namespace waggle {

/// Which counter a frame that could not be cut belongs to.
constexpr drop_reason reason_of(cut_verdict verdict) {
    switch (verdict) {
        case cut_verdict::too_many:
            return drop_reason::too_many_segments;
        case cut_verdict::no_buffer:
            return drop_reason::no_buffer;
        case cut_verdict::too_long:
            return drop_reason::frame_too_long;
        default:
            return drop_reason::bad_offload;
    }
}

/// Calls f(rte_mbuf*) with what a frame with a packet_offload becomes once nothing is left to do: the frame
/// itself with a complete checksum, or the pieces it is cut into. Takes the frame; f takes what it gets.
/// Each piece that there is no memory for is counted, and so is a request that does not fit the frame.
template <typename F>
void for_each_plain(worker_context& context, overlay_counters& counters, rte_mbuf* frame, F&& f) {
    packet_offload& offload = offload_of(frame);
    if (offload.kind == segmentation::none) {
        if (offload.partial_checksum != 0) {
            if (!offload_in_bounds(offload, frame->data_len)) {
                counters.drop(drop_reason::bad_offload);
                return rte_pktmbuf_free(frame);
            }
            complete_checksum(offload, rte_pktmbuf_mtod(frame, std::uint8_t*), frame->data_len);
        }
        clear_offload(frame);
        f(frame);
        return;
    }
    cut_cursor cursor;
    cut_verdict verdict = cursor.begin(frame);
    if (verdict != cut_verdict::ok) counters.drop(reason_of(verdict));
    while (verdict == cut_verdict::ok && !cursor.done()) {
        std::array<rte_mbuf*, burst_capacity> pieces;
        unsigned count = 0;
        verdict = cursor.next(context.packet_pool, pieces.data(), burst_capacity, count);
        if (verdict != cut_verdict::ok) counters.drop(reason_of(verdict), cursor.remaining());
        for (unsigned i = 0; i < count; ++i) f(pieces[i]);
    }
    rte_pktmbuf_free(frame);
}

}  // namespace waggle
