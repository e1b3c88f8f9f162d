#pragma once

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/shared_buffer.hh"
#include "dataplane/pipeline/worker_context.hh"

namespace waggle {

/// The rest of hand_over(): the port does not take the frame as it is.
void hand_over_plain(worker_context& context, overlay_counters& counters, port_index to, rte_mbuf* frame);

/// Gives a frame to an access port (or the kernel's). A pending offload goes along if the port takes those;
/// otherwise it is done here, and a GSO frame leaves as several. A frame in a shared buffer goes to other
/// ports as a copy: devices may count on buffers of their own.
inline void hand_over(worker_context& context, overlay_counters& counters, port_index to, rte_mbuf* frame) {
    if ((has_offload(frame) || is_in_shared_buffer(frame)) &&
        !(*context.takes_offloads)[to].load(std::memory_order_relaxed)) [[unlikely]]
        return hand_over_plain(context, counters, to, frame);
    context.outputs->push(to, frame);
}

}  // namespace waggle
