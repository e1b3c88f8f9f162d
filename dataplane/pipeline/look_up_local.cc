#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

void drop(const worker_context& context, tunnel_burst& b, unsigned i, drop_reason reason) {
    b.drop(i, reason, b.overlays[i]->counters[context.worker]);
}

void group(const worker_context& context, tunnel_burst& b, unsigned i) {
    if (b.overlays[i]->flood)
        b.floods |= bit_of(i);
    else
        drop(context, b, i,
             is_broadcast(b.frames[i]) ? drop_reason::received_broadcast : drop_reason::received_multicast);
}

/// What no overlay may carry: an impossible source or a VLAN tag.
bool is_unwanted(const std::uint8_t* frame) {
    if (is_invalid_source(frame)) return true;
    const auto& type = header_at<ethernet_header>(frame).type;
    return type != be16(ethertype::ipv4) &&
           (type == be16(ethertype::vlan) || type == be16(ethertype::service_vlan));
}

/// Makes the keys; drops what no overlay carries.
void check_frames(const worker_context& context, tunnel_burst& b) {
    for_each(b.live, [&](unsigned i) {
        const std::uint8_t* const frame = b.frames[i];
        if (b.lengths[i] < sizeof(ethernet_header)) [[unlikely]]
            return drop(context, b, i, drop_reason::inner_runt);
        if (is_unwanted(frame)) [[unlikely]]
            return drop(
                context, b, i,
                is_invalid_source(frame) ? drop_reason::inner_invalid_source_mac : drop_reason::inner_tagged);
        const forwarding_key key = forwarding_key::load(b.overlays[i]->index, frame);
        b.keys[i] = key;
        if (key.is_group()) [[unlikely]]
            group(context, b, i);
    });
}

/// The usual case, with several compared at once.
bool all_local(const tunnel_burst& b) {
    if (b.live != first_packets(b.count)) return false;
    std::uint32_t common = ~0U;
    for (unsigned i = 0; i < b.count; ++i) common &= b.targets[i].raw();
    return forwarding_value::from_raw(common).is_local();
}

void not_local(const worker_context& context, tunnel_burst& b, unsigned i) {
    if (b.targets[i].is_remote()) return drop(context, b, i, drop_reason::not_local);
    if (b.overlays[i]->flood)
        b.floods |= bit_of(i);
    else
        drop(context, b, i, drop_reason::received_unknown);
}

}  // namespace

void look_up_local(worker_context& context, tunnel_burst& b) {
    check_frames(context, b);
    if (b.live == 0) return;
    b.find_targets(context.tables->forwarding());
    if (all_local(b)) [[likely]]
        return;
    for_each(b.live & ~b.floods, [&](unsigned i) {
        if (!b.targets[i].is_local()) [[unlikely]]
            not_local(context, b, i);
    });
}

}  // namespace waggle
