#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/pipeline/write_outer.hh"

namespace waggle {

void outer_header(worker_context& context, access_burst& b) {
    const vxlan_header vxlan = vxlan_header_of(*b.overlay);
    std::uint16_t id = context.next_ip_id;
    for_each(b.live, [&](unsigned i) { write_outer(b, i, vxlan, id); });
    context.next_ip_id = id;
}

}  // namespace waggle
