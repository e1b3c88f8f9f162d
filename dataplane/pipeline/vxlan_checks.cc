#include "dataplane/packet/vxlan.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {

void vxlan_checks(worker_context& context, tunnel_burst& b) {
    // Packets of a burst mostly are of one overlay.
    std::uint32_t last_vni = 0;
    const overlay_entry* last_overlay = nullptr;
    for_each(b.live, [&](unsigned i) {
        const auto& header = header_at<vxlan_header>(b.frames[i] - sizeof(vxlan_header));
        if (!header.has_vni()) [[unlikely]]
            return b.drop(i, drop_reason::vxlan_flags, *context.no_overlay_counters);
        const std::uint32_t id = header.vni_reserved.raw() & be32(0xffff'ff00).raw();
        if (last_overlay == nullptr || id != last_vni) [[unlikely]] {
            last_vni = id;
            const overlay_index index = context.tables->overlay_of(header.id());
            last_overlay = index == no_overlay ? nullptr : context.tables->overlay(index);
            if (last_overlay == nullptr)
                return b.drop(i, drop_reason::unknown_vni, *context.no_overlay_counters);
        }
        if (!context.tables->members().find(last_overlay->index, b.source(i))) [[unlikely]]
            return b.drop(i, drop_reason::unknown_vtep, last_overlay->counters[context.worker]);
        b.overlays[i] = last_overlay;
    });
}

}  // namespace waggle
