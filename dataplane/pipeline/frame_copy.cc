#include "dataplane/pipeline/frame_copy.hh"

#include <cstring>

#include <rte_mbuf.h>

namespace waggle {

rte_mbuf* copy_frame(worker_context& context, overlay_counters& counters, const rte_mbuf* frame) {
    rte_mbuf* const copy = rte_pktmbuf_alloc(context.packet_pool);
    if (copy == nullptr) {
        counters.drop(drop_reason::no_buffer);
        return nullptr;
    }
    char* const to = rte_pktmbuf_append(copy, frame->data_len);
    if (to == nullptr) {
        counters.drop(drop_reason::frame_too_long);
        rte_pktmbuf_free(copy);
        return nullptr;
    }
    std::memcpy(to, rte_pktmbuf_mtod(frame, const char*), frame->data_len);
    return copy;
}

}  // namespace waggle
