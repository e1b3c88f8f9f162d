#include "control/overlay/tunnel_ends.hh"

#include <algorithm>

namespace waggle::control {

std::optional<ip_address> chosen_vtep(const config::node& node, const config::peer& peer) {
    if (node.vtep_v4 && peer.vtep_v4) return peer.vtep_v4;
    if (node.vtep_v6 && peer.vtep_v6) return peer.vtep_v6;
    return std::nullopt;
}

std::vector<ip_address> reachable_vteps(const config::node& node, const config::peer& peer) {
    std::vector<ip_address> addresses;
    if (node.vtep_v4 && peer.vtep_v4) addresses.push_back(*peer.vtep_v4);
    if (node.vtep_v6 && peer.vtep_v6) addresses.push_back(*peer.vtep_v6);
    return addresses;
}

bool takes_part(const config::peer& peer, const config::overlay& overlay) {
    return !peer.overlays || std::ranges::find(*peer.overlays, overlay.name) != peer.overlays->end();
}

}  // namespace waggle::control
