#include <algorithm>

#include "dataplane/esp/sizes.hh"
#include "dataplane/packet/esp_outer.hh"
#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/outer_header.hh"
#include "dataplane/packet/oversize.hh"
#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/segment/cut_plan.hh"

namespace waggle {
namespace {

bool answered(worker_context& context, access_burst& b, unsigned i, unsigned limit) {
    if (limit == 0 || !context.icmp_answers.has_token(context.now, context.ticks_per_second)) return false;
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

void too_large(worker_context& context, access_burst& b, unsigned i, unsigned limit) {
    if (!answered(context, b, i, limit)) return b.drop(i, drop_reason::oversize_unanswered);
    b.counters->drop(drop_reason::oversize);
    b.release(i);
    context.outputs->push(b.from, b.packets[i]);
}

/// Bytes of the largest IP packet that the frame leads to.
unsigned packet_length(const access_burst& b, unsigned i) {
    const rte_mbuf* const packet = b.packets[i];
    if ((b.offloads & bit_of(i)) != 0 && offload_of(packet).kind != segmentation::none) {
        // 0 if it can't be cut, which finish_offloads() finds out again and counts.
        return segmented_length(b.frames[i], b.lengths[i], offload_of(packet));
    }
    return b.lengths[i] - static_cast<unsigned>(l3_offset);
}

/// May be small enough after all once it is cut, or has no way to its VTEP.
void look_closer(worker_context& context, access_burst& b, unsigned i, unsigned largest) {
    const vtep_entry* const vtep = b.vteps[i];
    if (vtep == nullptr || !vtep->reachable) return b.drop(i, drop_reason::vtep_unreachable);
    const unsigned limit = largest == 0 ? 0 : largest - static_cast<unsigned>(l3_offset);
    if (limit == 0 || packet_length(b, i) > limit) too_large(context, b, i, limit);
}

/// Largest inner frame, Ethernet header included, whose sealed form fits the way to the VTEP; 0: none.
unsigned largest_sealed_frame(const vtep_entry& vtep, const sender& with) {
    const unsigned outer = static_cast<unsigned>(vtep.ipv6 ? sizeof(ipv6_header) : sizeof(ipv4_header)) +
                           (with.udp_port() != 0 ? static_cast<unsigned>(sizeof(udp_header)) : 0U);
    if (!vtep.reachable || vtep.path_mtu <= outer) return 0;
    const auto payload =
        static_cast<unsigned>(esp::largest_payload(vtep.path_mtu - outer, with.association()->icv_length));
    return payload > sealed_headers + l3_offset ? payload - static_cast<unsigned>(sealed_headers) : 0;
}

/// What plain ESP over IPv4 has in front of a frame.
constexpr std::size_t sealed_front = outer_length_v4 + sizeof(esp_header);

/// The same for an encrypted overlay; what has no association need not be answered.
[[gnu::noinline]] void check_sealed_size(worker_context& context, access_burst& b) {
    const unsigned overlay_limit = b.overlay->mtu + static_cast<unsigned>(l3_offset);
    const vtep_entry* last_vtep = nullptr;
    unsigned largest = 0;
    for_each(b.live, [&](unsigned i) {
        const vtep_entry* const vtep = b.vteps[i];
        if (vtep == nullptr) [[unlikely]]
            return b.drop(i, drop_reason::vtep_unreachable);
        if (vtep != last_vtep) {
            const sender with = b.overlay->sender_for(vtep->index, context.worker);
            if (with.association() == nullptr) return b.drop(i, drop_reason::no_association);
            largest = std::min(largest_sealed_frame(*vtep, with), overlay_limit);
            last_vtep = vtep;
        }
        if (b.lengths[i] > largest) [[unlikely]]
            return look_closer(context, b, i, largest);
        // seal() is the next to write in front of the frame and behind it.
        __builtin_prefetch(b.frames[i] - sealed_front, 1);
        __builtin_prefetch(b.frames[i] + b.lengths[i], 1);
    });
}

}  // namespace

void check_size(worker_context& context, access_burst& b) {
    if (b.overlay->senders != nullptr) [[unlikely]]
        return check_sealed_size(context, b);
    const unsigned overlay_limit = b.overlay->mtu + static_cast<unsigned>(l3_offset);
    for_each(b.live, [&](unsigned i) {
        const vtep_entry* const vtep = b.vteps[i];
        const unsigned way_limit = vtep == nullptr ? 0 : vtep->largest_frame;
        const unsigned largest = std::min(way_limit, overlay_limit);
        if (b.lengths[i] > largest) [[unlikely]]
            look_closer(context, b, i, largest);
    });
}

}  // namespace waggle
