#include "dataplane/pipeline/to_kernel.hh"

#include "dataplane/pipeline/hand_over.hh"

namespace waggle {

void to_kernel_or_drop(worker_context& context, tunnel_burst& b, unsigned i, drop_reason reason) {
    if (!b.from.exception) return b.drop(i, reason, *context.no_overlay_counters);
    b.release(i);
    context.no_overlay_counters->to_kernel_packets.add(1);
    hand_over(context, *context.no_overlay_counters, *b.from.exception, b.packets[i]);
}

}  // namespace waggle
