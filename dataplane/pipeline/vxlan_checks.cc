#include "dataplane/packet/vxlan.hh"
#include "dataplane/packet/words.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

const overlay_entry* overlay_of(const waggle::tables& tables, vni id) {
    const overlay_index index = tables.overlay_of(id);
    return index == no_overlay ? nullptr : tables.overlay(index);
}

/// What came in the clear, or sealed for others.
[[gnu::noinline]] void wrong_protection(worker_context& context, tunnel_burst& b, unsigned i,
                                        protection actual) {
    const overlay_entry& overlay = *b.overlays[i];
    const drop_reason reason = actual.is_none()               ? drop_reason::cleartext
                               : overlay.protection.is_none() ? drop_reason::sealed_for_plain
                                                              : drop_reason::wrong_association;
    b.drop(i, reason, overlay.counters[context.worker]);
}

/// Asks the member table.
[[gnu::noinline]] void check_sender(worker_context& context, tunnel_burst& b, unsigned i) {
    const overlay_entry& overlay = *b.overlays[i];
    if (!context.tables->members().find(overlay.index, b.source(i)))
        return b.drop(i, drop_reason::unknown_vtep, overlay.counters[context.worker]);
    if ((b.ipv6 & bit_of(i)) == 0) context.senders.add(overlay.index, load_word<std::uint32_t>(b.sources[i]));
}

}  // namespace

void vxlan_checks(worker_context& context, tunnel_burst& b) {
    context.senders.keep_for(context.tables->members().generation());
    const packet_mask ipv6 = b.ipv6;
    const packet_mask sealed = b.sealed;
    // Packets of a burst mostly are of one overlay.
    std::uint32_t last_vni = 0;
    const overlay_entry* overlay = nullptr;
    for_each(b.live, [&](unsigned i) {
        const auto& header = header_at<vxlan_header>(b.frames[i] - sizeof(vxlan_header));
        if (!header.has_vni()) [[unlikely]]
            return b.drop(i, drop_reason::vxlan_flags, *context.no_overlay_counters);
        const std::uint32_t vni = header.vni_reserved.raw() & be32(0xffff'ff00).raw();
        if (vni != last_vni || overlay == nullptr) [[unlikely]] {
            last_vni = vni;
            overlay = overlay_of(*context.tables, header.id());
            if (overlay == nullptr) return b.drop(i, drop_reason::unknown_vni, *context.no_overlay_counters);
        }
        b.overlays[i] = overlay;
        const protection actual = (sealed & bit_of(i)) != 0 ? b.protections[i] : protection();
        if (actual != overlay->protection && actual != overlay->also_accepted) [[unlikely]]
            return wrong_protection(context, b, i, actual);
        const bool known = (ipv6 & bit_of(i)) == 0 &&
                           context.senders.contains(overlay->index, load_word<std::uint32_t>(b.sources[i]));
        if (!known) [[unlikely]]
            check_sender(context, b, i);
    });
}

}  // namespace waggle
