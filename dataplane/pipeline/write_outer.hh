#pragma once

#include "dataplane/packet/ecn.hh"
#include "dataplane/packet/flow_hash.hh"
#include "dataplane/packet/outer_header.hh"
#include "dataplane/pipeline/access_burst.hh"

namespace waggle {

/// What the outer header of packet i is to say; `id` is the worker's next one.
inline outer_fields outer_fields_of(const access_burst& b, unsigned i, const vxlan_header& vxlan,
                                    std::uint16_t id) {
    return {.frame_length = b.lengths[i],
            .source_port = source_port(b.flow_hashes[i]),
            .id = id,
            .tos = ecn_encapsulate(b.tos[i]),
            .vxlan = vxlan};
}

inline vxlan_header vxlan_header_of(const overlay_entry& overlay) {
    return {.flags = be32(vxlan_flag_vni), .vni_reserved = overlay.vxlan_vni};
}

/// The packet is what lies from `front` on, `length` bytes: ports leave RTE_PKTMBUF_HEADROOM before the
/// frame.
inline void set_bounds(rte_mbuf* packet, const std::uint8_t* front, std::size_t length) {
    packet->data_off = static_cast<std::uint16_t>(front - static_cast<std::uint8_t*>(packet->buf_addr));
    packet->data_len = static_cast<std::uint16_t>(length);
    packet->pkt_len = static_cast<std::uint16_t>(length);
}

/// Ethernet, IP, UDP and VXLAN header in front of packet i, which is linear. Counts `id` up if it needs one.
inline void write_outer(access_burst& b, unsigned i, const vxlan_header& vxlan, std::uint16_t& id) {
    const vtep_entry& vtep = *b.vteps[i];
    const outer_fields fields = outer_fields_of(b, i, vxlan, id);
    std::uint8_t* const frame = b.frames[i];
    const std::size_t length = vtep.ipv6 ? outer_length_v6 : outer_length_v4;
    if (!vtep.ipv6) [[likely]] {
        write_outer_v4(frame - outer_length_v4, vtep.header.data(), vtep.checksum_base, fields);
        ++id;
    } else {
        write_outer_v6(frame - outer_length_v6, vtep.header.data(), vtep.checksum_base, fields,
                       checksum_add(frame, b.lengths[i]));
    }
    set_bounds(b.packets[i], frame - length, length + b.lengths[i]);
}
static_assert(outer_length_v6 <= RTE_PKTMBUF_HEADROOM);

}  // namespace waggle
