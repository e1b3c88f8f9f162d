#include "dataplane/packet/vxlan.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {

namespace {

/// IPv4 senders found to be members in this burst. Not kept beyond it: membership may end.
class known_senders {
public:
    /// `vni`: the VNI's three bytes in packet order, as the low bytes of a word.
    bool contains(std::uint32_t vni, std::uint32_t source) const {
        const std::uint64_t key = key_of(vni, source);
        return _keys[slot_of(key)] == key;
    }
    void add(std::uint32_t vni, std::uint32_t source) {
        const std::uint64_t key = key_of(vni, source);
        _keys[slot_of(key)] = key;
    }

private:
    /// Never 0, which an empty slot is.
    static std::uint64_t key_of(std::uint32_t vni, std::uint32_t source) {
        return std::uint64_t{1} << 63 | std::uint64_t{vni} << 32 | source;
    }
    static std::size_t slot_of(std::uint64_t key) { return key * 0x9e37'79b9'7f4a'7c15U >> 58; }
    std::array<std::uint64_t, 64> _keys{};
};

}  // namespace

void vxlan_checks(worker_context& context, tunnel_burst& b) {
    known_senders known;
    // Packets of a burst mostly are of one overlay.
    std::uint32_t last_vni = 0;
    const overlay_entry* last_overlay = nullptr;
    for_each(b.live, [&](unsigned i) {
        const auto& header = header_at<vxlan_header>(b.frames[i] - sizeof(vxlan_header));
        if (!header.has_vni()) [[unlikely]]
            return b.drop(i, drop_reason::vxlan_flags, *context.no_overlay_counters);
        const std::uint32_t vni = header.vni_reserved.raw() & be32(0xffff'ff00).raw();
        if (last_overlay == nullptr || vni != last_vni) [[unlikely]] {
            last_vni = vni;
            const overlay_index index = context.tables->overlay_of(header.id());
            last_overlay = index == no_overlay ? nullptr : context.tables->overlay(index);
            if (last_overlay == nullptr)
                return b.drop(i, drop_reason::unknown_vni, *context.no_overlay_counters);
        }
        b.overlays[i] = last_overlay;
        const bool v4 = (b.ipv6 & bit_of(i)) == 0;
        std::uint32_t source;
        std::memcpy(&source, b.sources[i], sizeof source);
        if (v4 && known.contains(vni, source)) [[likely]]
            return;
        if (!context.tables->members().find(last_overlay->index, b.source(i))) [[unlikely]]
            return b.drop(i, drop_reason::unknown_vtep, last_overlay->counters[context.worker]);
        if (v4) known.add(vni, source);
    });
}

}  // namespace waggle
