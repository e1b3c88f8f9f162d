#include "control/overlay/overlay_mtu.hh"

#include <algorithm>

#include "control/overlay/tunnel_ends.hh"
#include "dataplane/api/validate.hh"

namespace waggle::control {
namespace {

constexpr unsigned usual_device_mtu = 1500;
constexpr unsigned tunnel_over_v4 = 20 + 8 + 8 + 14;
constexpr unsigned tunnel_over_v6 = 40 + 8 + 8 + 14;

bool uses_v6(const config::config& config, const config::overlay& overlay) {
    if (!config.node.vtep_v4) return true;
    return std::ranges::any_of(config.peers, [&](const config::peer& peer) {
        if (!takes_part(peer, overlay)) return false;
        std::optional<ip_address> vtep = chosen_vtep(config.node, peer);
        return vtep && vtep->is_v6();
    });
}

}  // namespace

std::uint16_t overlay_mtu(const config::config& config, const config::overlay& overlay,
                          const host_facts& facts) {
    if (overlay.mtu) return *overlay.mtu;
    unsigned device_mtu = 65535;
    for (const config::underlay_port& port : config.node.underlay) {
        auto known = facts.underlay_mtus.find(port.name);
        device_mtu = std::min(
            device_mtu, known == facts.underlay_mtus.end() ? usual_device_mtu : unsigned{known->second});
    }
    if (config.node.underlay.empty()) device_mtu = usual_device_mtu;
    unsigned tunnel = uses_v6(config, overlay) ? tunnel_over_v6 : tunnel_over_v4;
    unsigned smallest = api::smallest_overlay_mtu;
    return static_cast<std::uint16_t>(device_mtu < tunnel + smallest ? smallest : device_mtu - tunnel);
}

}  // namespace waggle::control
