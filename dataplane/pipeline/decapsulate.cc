#include "dataplane/pipeline/decapsulate.hh"

#include <algorithm>

#include "dataplane/pipeline/plain_frames.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

/// A kernel may hand over datagrams of one flow in one piece (UDP GSO, receive offload): back to single ones.
void take_apart(worker_context& context, const underlay_origin& from, rte_mbuf* aggregate) {
    std::array<rte_mbuf*, burst_capacity> packets;
    unsigned count = 0;
    const auto send = [&] {
        decapsulate(context, from, packets.data(), count);
        count = 0;
    };
    for_each_plain(context, *context.no_overlay_counters, aggregate, [&](rte_mbuf* packet) {
        if (count == burst_capacity) send();
        packets[count++] = packet;
    });
    send();
}

}  // namespace

void decapsulate(worker_context& context, const underlay_origin& from, rte_mbuf** packets, unsigned count) {
    if (count == 0) return;
    tunnel_burst b;
    b.from = from;
    b.count = count;
    b.live = first_packets(count);
    std::copy_n(packets, count, b.packets.begin());

    parse_outer(context, b);
    open(context, b);
    vxlan_checks(context, b);
    look_up_local(context, b);
    mark_congestion(context, b);
    deliver(context, b);
    b.free_dropped();
    for_each(b.aggregates, [&](unsigned i) { take_apart(context, from, b.packets[i]); });
}

}  // namespace waggle
