#include "dataplane/pipeline/hand_over.hh"

#include "dataplane/pipeline/plain_frames.hh"

namespace waggle {

void hand_over_plain(worker_context& context, overlay_counters& counters, port_index to, rte_mbuf* frame) {
    for_each_plain(context, counters, frame, [&](rte_mbuf* plain) { context.outputs->push(to, plain); });
}

}  // namespace waggle
