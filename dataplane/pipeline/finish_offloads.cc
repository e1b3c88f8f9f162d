#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/pipeline/plain_frames.hh"

namespace waggle {
namespace {

void send(worker_context& context, access_burst& b) {
    leave(context, b);
    b.free_dropped();
    b.live = 0;
}

}  // namespace

void finish_offloads(worker_context& context, access_burst& b) {
    if ((b.live & b.offloads) == 0) [[likely]]
        return;
    // Cut frames become many: all packets move on to bursts of their own, so that a flow stays in order.
    access_burst plain = b.sibling();
    for_each(b.live, [&](unsigned i) {
        b.release(i);
        const auto append = [&](rte_mbuf* packet) {
            if (plain.live == first_packets(burst_capacity)) send(context, plain);
            plain.append(packet, b, i, b.vteps[i]);
        };
        if ((b.offloads & bit_of(i)) != 0)
            for_each_plain(context, *b.counters, b.packets[i], append);
        else
            append(b.packets[i]);
    });
    send(context, plain);
}

}  // namespace waggle
