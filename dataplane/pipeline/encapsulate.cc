#include "dataplane/pipeline/encapsulate.hh"

#include <algorithm>

#include "dataplane/pipeline/access_stages.hh"

namespace waggle {

void encapsulate(worker_context& context, port_index from, overlay_index overlay, rte_mbuf** packets,
                 unsigned count) {
    if (count == 0) return;
    access_burst b;
    b.overlay = context.tables->overlay(overlay);
    if (b.overlay == nullptr) {
        // The overlay went while its port still delivered.
        context.no_overlay_counters->drop(drop_reason::port_gone, count);
        rte_pktmbuf_free_bulk(packets, count);
        return;
    }
    b.counters = &b.overlay->counters[context.worker];
    b.from = from;
    b.live = first_packets(count);
    std::copy_n(packets, count, b.packets.begin());

    parse_inner(b);
    answer_neighbours(context, b);
    look_up(context, b);
    flood(context, b);
    through_tunnel(context, b);
    b.free_dropped();
}

void through_tunnel(worker_context& context, access_burst& b) {
    check_size(context, b);
    finish_offloads(context, b);
    leave(context, b);
}

void leave(worker_context& context, access_burst& b) {
    if (b.overlay->senders == nullptr) [[likely]]
        outer_header(context, b);
    else
        seal(context, b);
    transmit(context, b);
}

}  // namespace waggle
