#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/offload.hh"
#include "dataplane/pipeline/access_stages.hh"

namespace waggle {
namespace {

/// Frames whose data is fetched into the cache ahead of the one that is parsed.
constexpr unsigned prefetch_distance = 6;

void prefetch_frame(const rte_mbuf* packet) {
    __builtin_prefetch(rte_pktmbuf_mtod(packet, const void*));
}

}  // namespace

void parse_inner(access_burst& b) {
    const auto count = static_cast<unsigned>(__builtin_popcountll(b.live));
    for (unsigned i = 0; i < count && i < prefetch_distance; ++i) prefetch_frame(b.packets[i]);
    for (unsigned i = 0; i < count; ++i) {
        if (i + prefetch_distance < count) prefetch_frame(b.packets[i + prefetch_distance]);
        rte_mbuf* const packet = b.packets[i];
        std::uint8_t* const frame = rte_pktmbuf_mtod(packet, std::uint8_t*);
        const std::uint16_t length = packet->data_len;
        if (packet->nb_segs != 1) [[unlikely]] {
            b.drop(i, drop_reason::frame_too_long);
            continue;
        }
        if (length < sizeof(ethernet_header)) [[unlikely]] {
            b.drop(i, drop_reason::runt_frame);
            continue;
        }
        if (is_invalid_source(frame)) [[unlikely]] {
            b.drop(i, drop_reason::invalid_source_mac);
            continue;
        }
        const inner_frame parsed = parse_inner_frame(frame, length);
        if (parsed.kind == frame_kind::vlan) [[unlikely]] {
            b.drop(i, drop_reason::inner_vlan);
            continue;
        }
        if (has_offload(packet)) [[unlikely]] {
            if (!offload_fits(offload_of(packet), frame, length, parsed)) {
                b.drop(i, drop_reason::bad_offload);
                continue;
            }
            b.offloads |= bit_of(i);
        }
        const bool neighbour = parsed.kind == frame_kind::arp ||
                               (parsed.kind == frame_kind::ipv6 && parsed.protocol == ip_protocol::icmpv6);
        b.neighbours |= packet_mask{neighbour} << i;
        b.groups |= packet_mask{frame[0] & 1U} << i;
        b.frames[i] = frame;
        b.lengths[i] = length;
        b.flow_hashes[i] = parsed.flow_hash;
        b.tos[i] = parsed.tos;
        b.keys[i] = forwarding_key::load(b.overlay->index, frame);
    }
}

}  // namespace waggle
