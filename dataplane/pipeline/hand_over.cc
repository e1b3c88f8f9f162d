#include "dataplane/pipeline/hand_over.hh"

#include "dataplane/pipeline/frame_copy.hh"
#include "dataplane/pipeline/plain_frames.hh"

namespace waggle {

void hand_over_plain(worker_context& context, overlay_counters& counters, port_index to, rte_mbuf* frame) {
    if (!has_offload(frame)) {
        rte_mbuf* const copy = copy_frame(context, counters, frame);
        rte_pktmbuf_free(frame);
        if (copy != nullptr) context.outputs->push(to, copy);
        return;
    }
    for_each_plain(context, counters, frame, [&](rte_mbuf* plain) { context.outputs->push(to, plain); });
}

}  // namespace waggle
