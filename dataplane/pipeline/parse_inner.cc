#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/offload.hh"
#include "dataplane/pipeline/access_stages.hh"

namespace waggle {
namespace {

/// Fetches the start of every frame into the cache while the first ones are parsed.
void locate(access_burst& b, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        b.frames[i] = rte_pktmbuf_mtod(b.packets[i], std::uint8_t*);
        __builtin_prefetch(b.frames[i]);
    }
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

/// For a frame that no overlay carries.
drop_reason reason_to_drop(const rte_mbuf* packet) {
    if (packet->nb_segs != 1) return drop_reason::frame_too_long;
    if (packet->data_len < sizeof(ethernet_header)) return drop_reason::runt_frame;
    return drop_reason::invalid_source_mac;
}

}  // namespace

void parse_inner(access_burst& b) {
    const auto count = static_cast<unsigned>(__builtin_popcountll(b.live));
    const overlay_index overlay = b.overlay->index;
    // In a register: for all the compiler knows, a fact of one byte may lie in the mask.
    packet_mask groups = 0;
    locate(b, count);
    for (unsigned i = 0; i < count; ++i) {
        rte_mbuf* const packet = b.packets[i];
        const std::uint8_t* const frame = b.frames[i];
        const std::uint16_t length = packet->data_len;
        if (packet->nb_segs != 1 || length < sizeof(ethernet_header) || is_invalid_source(frame))
            [[unlikely]] {
            b.drop(i, reason_to_drop(packet));
            continue;
        }
        const forwarding_key key = forwarding_key::load(overlay, frame);
        b.lengths[i] = length;
        b.keys[i] = key;
        if (key.is_group()) [[unlikely]]
            groups |= bit_of(i);
        if (const plain_ipv4_frame parsed = parse_plain_ipv4(frame, length); parsed.matches) [[likely]] {
            b.flow_hashes[i] = parsed.flow_hash;
            b.tos[i] = static_cast<std::uint8_t>(parsed.tos);
        } else {
            parse_other(b, i, frame, length);
        }
        if (has_offload(packet)) [[unlikely]]
            if ((b.live & bit_of(i)) != 0) check_offload(b, i, frame, length);
    }
    b.groups = groups;
}

}  // namespace waggle
