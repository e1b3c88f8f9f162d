#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/outer_header.hh"
#include "dataplane/packet/oversize.hh"
#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/segment/cut_plan.hh"

namespace waggle {
namespace {

/// Largest inner IP packet that fits the way to the VTEP. May be negative.
int room_on_path(const vtep_entry& vtep) {
    // The outer Ethernet header does not count, the inner one does: the sum is the same.
    return vtep.path_mtu - static_cast<int>(vtep.ipv6 ? outer_length_v6 : outer_length_v4);
}

bool answered(worker_context& context, access_burst& b, unsigned i, int limit) {
    if (limit <= 0 || !context.icmp_answers.has_token(context.now, context.ticks_per_second)) return false;
    rte_mbuf* const packet = b.packets[i];
    frame_window window{.buffer = static_cast<std::uint8_t*>(packet->buf_addr),
                        .capacity = packet->buf_len,
                        .offset = packet->data_off,
                        .length = packet->data_len};
    const inner_frame parsed = parse_inner_frame(b.frames[i], b.lengths[i]);
    if (!answer_oversize(window, parsed, static_cast<std::uint16_t>(limit))) return false;
    context.icmp_answers.take();
    packet->data_off = static_cast<std::uint16_t>(window.offset);
    packet->data_len = static_cast<std::uint16_t>(window.length);
    packet->pkt_len = static_cast<std::uint32_t>(window.length);
    clear_offload(packet);
    return true;
}

void too_large(worker_context& context, access_burst& b, unsigned i, int limit) {
    if (!answered(context, b, i, limit)) return b.drop(i, drop_reason::oversize_unanswered);
    b.counters->drop(drop_reason::oversize);
    b.release(i);
    context.outputs->push(b.from, b.packets[i]);
}

/// Bytes of the largest IP packet that the frame leads to.
int packet_length(const access_burst& b, unsigned i) {
    const rte_mbuf* const packet = b.packets[i];
    if ((b.offloads & bit_of(i)) != 0 && offload_of(packet).kind != segmentation::none) {
        // 0 if it can't be cut, which finish_offloads() finds out again and counts.
        return segmented_length(b.frames[i], b.lengths[i], offload_of(packet));
    }
    return b.lengths[i] - static_cast<int>(l3_offset);
}

}  // namespace

void check_size(worker_context& context, access_burst& b) {
    const int overlay_mtu = b.overlay->mtu;
    for_each(b.live, [&](unsigned i) {
        const vtep_entry* const vtep = b.vteps[i];
        if (vtep == nullptr || !vtep->reachable) [[unlikely]]
            return b.drop(i, drop_reason::vtep_unreachable);
        const int room = room_on_path(*vtep);
        const int limit = room < overlay_mtu ? room : overlay_mtu;
        if (b.lengths[i] > limit + static_cast<int>(l3_offset)) [[unlikely]]
            if (packet_length(b, i) > limit) too_large(context, b, i, limit);
    });
}

}  // namespace waggle
