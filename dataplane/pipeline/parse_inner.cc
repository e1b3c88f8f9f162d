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

/// Anything but the most common frames.
[[gnu::noinline]] void parse_other(access_burst& b, unsigned i, const std::uint8_t* frame,
                                   std::uint16_t length) {
    const inner_frame parsed = parse_inner_frame(frame, length);
    if (parsed.kind == frame_kind::vlan) return b.drop(i, drop_reason::inner_vlan);
    b.flow_hashes[i] = parsed.flow_hash;
    b.tos[i] = parsed.tos;
    if (parsed.kind == frame_kind::arp ||
        (parsed.kind == frame_kind::ipv6 && parsed.protocol == ip_protocol::icmpv6))
        b.neighbours |= bit_of(i);
}

[[gnu::noinline]] void check_offload(access_burst& b, unsigned i, const std::uint8_t* frame,
                                     std::uint16_t length) {
    if (offload_fits(offload_of(b.packets[i]), frame, length, parse_inner_frame(frame, length)))
        b.offloads |= bit_of(i);
    else
        b.drop(i, drop_reason::bad_offload);
}

/// What no overlay carries; count_ if it may pass.
drop_reason reason_to_drop(const rte_mbuf* packet, const std::uint8_t* frame) {
    if (packet->nb_segs != 1) return drop_reason::frame_too_long;
    if (packet->data_len < sizeof(ethernet_header)) return drop_reason::runt_frame;
    if (is_invalid_source(frame)) return drop_reason::invalid_source_mac;
    return drop_reason::count_;
}

}  // namespace

void parse_inner(access_burst& b) {
    const auto count = static_cast<unsigned>(__builtin_popcountll(b.live));
    const overlay_index overlay = b.overlay->index;
    for (unsigned i = 0; i < count && i < prefetch_distance; ++i) prefetch_frame(b.packets[i]);
    for (unsigned i = 0; i < count; ++i) {
        if (i + prefetch_distance < count) prefetch_frame(b.packets[i + prefetch_distance]);
        rte_mbuf* const packet = b.packets[i];
        std::uint8_t* const frame = rte_pktmbuf_mtod(packet, std::uint8_t*);
        const std::uint16_t length = packet->data_len;
        if (const drop_reason reason = reason_to_drop(packet, frame); reason != drop_reason::count_)
            [[unlikely]] {
            b.drop(i, reason);
            continue;
        }
        b.frames[i] = frame;
        b.lengths[i] = length;
        b.keys[i] = forwarding_key::load(overlay, frame);
        b.groups |= packet_mask{frame[0] & 1U} << i;
        const plain_ipv4_frame parsed = parse_plain_ipv4(frame, length);
        b.flow_hashes[i] = parsed.flow_hash;
        b.tos[i] = static_cast<std::uint8_t>(parsed.tos);
        if (!parsed.matches) [[unlikely]]
            parse_other(b, i, frame, length);
        if (has_offload(packet) && (b.live & bit_of(i)) != 0) [[unlikely]]
            check_offload(b, i, frame, length);
    }
}

}  // namespace waggle
