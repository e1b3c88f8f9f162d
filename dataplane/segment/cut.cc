#include "dataplane/segment/cut.hh"

#include <algorithm>

#include <rte_mbuf.h>

namespace waggle {

cut_verdict cut_cursor::begin(const rte_mbuf* frame) {
    _frame = frame;
    _next = 0;
    _plan = {};
    if (!has_offload(frame) || frame->nb_segs != 1) return cut_verdict::bad_offload;
    const auto* bytes = rte_pktmbuf_mtod(frame, const std::uint8_t*);
    if (!_plan.read(bytes, frame->data_len, offload_of(frame))) return cut_verdict::bad_offload;
    return _plan.pieces() > longest_cut ? cut_verdict::too_many : cut_verdict::ok;
}

cut_verdict cut_cursor::next(rte_mempool* pool, rte_mbuf** pieces, unsigned capacity, unsigned& count) {
    count = 0;
    const unsigned wanted = std::min(capacity, remaining());
    if (wanted == 0) return cut_verdict::ok;
    if (_plan.piece_length(0) + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(pool))
        return cut_verdict::too_long;
    if (rte_pktmbuf_alloc_bulk(pool, pieces, wanted) != 0) return cut_verdict::no_buffer;
    for (unsigned i = 0; i < wanted; ++i) {
        rte_mbuf* piece = pieces[i];
        const std::uint32_t length = _plan.piece_length(_next + i);
        _plan.write(_next + i, rte_pktmbuf_mtod(piece, std::uint8_t*));
        piece->data_len = static_cast<std::uint16_t>(length);
        piece->pkt_len = length;
        piece->port = _frame->port;
    }
    _next += wanted;
    count = wanted;
    return cut_verdict::ok;
}

}  // namespace waggle
