#include "control/overlay/overlay_mtu.hh"

#include <algorithm>

#include "control/overlay/tunnel_ends.hh"
#include "dataplane/api/validate.hh"

namespace waggle::control {
namespace {

constexpr unsigned usual_device_mtu = 1500;
constexpr unsigned outer_v4 = 20;
constexpr unsigned outer_v6 = 40;
/// UDP, VXLAN, Ethernet.
constexpr unsigned inside = 8 + 8 + 14;
// RFC 4303 section 2: SPI, sequence number and IV in front; pad length and next header behind, which end at a
// multiple of four bytes; then the ICV.
constexpr unsigned esp_header = 4 + 4 + 8;
constexpr unsigned esp_trailer = 2;
constexpr unsigned esp_alignment = 4;
constexpr unsigned docker_icv = 8;
constexpr unsigned waggle_icv = 16;
/// RFC 3948 section 2.1.
constexpr unsigned udp_encapsulation = 8;

bool uses_v6(const config::config& config, const config::overlay& overlay) {
    if (!config.node.vtep_v4) return true;
    return std::ranges::any_of(config.peers, [&](const config::peer& peer) {
        if (!takes_part(peer, overlay)) return false;
        std::optional<ip_address> vtep = chosen_vtep(config.node, peer);
        return vtep && vtep->is_v6();
    });
}

/// What fits into ESP that fills `outside` bytes after the outer IP header.
unsigned inside_esp(const config::config& config, const config::overlay& overlay, unsigned outside) {
    // The larger overhead of the two where hosts have both.
    bool docker = std::holds_alternative<config::docker_profile>(*overlay.encryption) && !overlay.preferred;
    unsigned around = esp_header + (docker ? docker_icv : waggle_icv);
    if (std::ranges::any_of(config.peers, [&](const config::peer& peer) {
            return peer.esp_in_udp && takes_part(peer, overlay);
        }))
        around += udp_encapsulation;
    if (outside < around + esp_alignment) return 0;
    return (outside - around) / esp_alignment * esp_alignment - esp_trailer;
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
    unsigned outer_ip = uses_v6(config, overlay) ? outer_v6 : outer_v4;
    unsigned sealed = device_mtu - std::min(device_mtu, outer_ip);
    if (overlay.encryption) sealed = inside_esp(config, overlay, sealed);
    unsigned smallest = api::smallest_overlay_mtu;
    return static_cast<std::uint16_t>(sealed < inside + smallest ? smallest : sealed - inside);
}

}  // namespace waggle::control
