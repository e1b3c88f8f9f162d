#include "dataplane/packet/outer_header.hh"

#include "dataplane/packet/ecn.hh"
#include "dataplane/packet/flow_hash.hh"
#include "dataplane/pipeline/access_stages.hh"

namespace waggle {
namespace {

/// Makes room for `length` bytes in front of packet i, which is linear; ports leave RTE_PKTMBUF_HEADROOM.
std::uint8_t* prepend(access_burst& b, unsigned i, std::uint16_t length) {
    rte_mbuf* const packet = b.packets[i];
    const auto longer = static_cast<std::uint16_t>(b.lengths[i] + length);
    packet->data_off = static_cast<std::uint16_t>(packet->data_off - length);
    packet->data_len = longer;
    packet->pkt_len = longer;
    return b.frames[i] - length;
}

static_assert(outer_length_v6 <= RTE_PKTMBUF_HEADROOM);

}  // namespace

void outer_header(worker_context& context, access_burst& b) {
    const vxlan_header vxlan{.flags = be32(vxlan_flag_vni), .vni_reserved = b.overlay->vxlan_vni};
    std::uint16_t id = context.next_ip_id;
    for_each(b.live, [&](unsigned i) {
        const vtep_entry& vtep = *b.vteps[i];
        const outer_fields fields{.frame_length = b.lengths[i],
                                  .source_port = source_port(b.flow_hashes[i]),
                                  .id = id,
                                  .tos = ecn_encapsulate(b.tos[i]),
                                  .vxlan = vxlan};
        if (!vtep.ipv6) [[likely]] {
            write_outer_v4(prepend(b, i, outer_length_v4), vtep.header.data(), vtep.checksum_base, fields);
            ++id;
        } else {
            write_outer_v6(prepend(b, i, outer_length_v6), vtep.header.data(), vtep.checksum_base, fields,
                           checksum_add(b.frames[i], b.lengths[i]));
        }
    });
    context.next_ip_id = id;
}

}  // namespace waggle
