#include "dataplane/pipeline/decapsulate.hh"

#include <algorithm>

#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {

void decapsulate(worker_context& context, const underlay_origin& from, rte_mbuf** packets, unsigned count) {
    while (count != 0) {
        tunnel_burst b;
        b.from = from;
        b.count = count;
        b.live = first_packets(count);
        std::copy_n(packets, count, b.packets.begin());

        parse_outer(context, b);
        from_tunnel(context, b);
        packets += b.count;
        count -= b.count;
        if (b.ends_at_aggregate) [[unlikely]] {
            take_apart(context, from, *packets++);
            --count;
        }
    }
}

void from_tunnel(worker_context& context, tunnel_burst& b) {
    open(context, b);
    vxlan_checks(context, b);
    look_up_local(context, b);
    mark_congestion(context, b);
    deliver(context, b);
    b.free_dropped();
}

}  // namespace waggle
