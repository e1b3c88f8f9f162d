#include "control/overlay/access_ports.hh"

#include <array>
#include <cstdio>
#include <string_view>

namespace waggle::control {
namespace {

/// 64-bit FNV-1a as hex digits: DPDK takes 63 characters for a device's name and no commas in it.
std::string digest(std::string_view text) {
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325U;
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01b3U;
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
    return digits.data();
}

}  // namespace

std::string tap_name(vni overlay) {
    return "wg" + overlay.to_string();
}

api::access_port tap_access_port(vni overlay, std::uint16_t mtu, const std::string& waggle_namespace) {
    return {overlay, mtu, api::tap_port{tap_name(overlay), waggle_namespace}};
}

std::string port_name(const config::endpoint& endpoint) {
    if (std::holds_alternative<config::vhost_user_attachment>(*endpoint.attached))
        return "vhost-" + endpoint.name;
    if (std::holds_alternative<config::memif_attachment>(*endpoint.attached)) return "memif-" + endpoint.name;
    return "ethdev-" + endpoint.name;
}

std::string device_arguments(const config::endpoint& endpoint) {
    if (auto* vhost = std::get_if<config::vhost_user_attachment>(&*endpoint.attached))
        return "net_vhost_" + digest(endpoint.name) + ",iface=" + vhost->socket +
               ",queues=" + std::to_string(vhost->queues);
    if (auto* memif = std::get_if<config::memif_attachment>(&*endpoint.attached))
        return "net_memif_" + digest(endpoint.name) + ",role=server,id=" + std::to_string(memif->id) +
               ",socket=" + memif->socket + ",socket-abstract=no";
    return std::get<config::ethdev_attachment>(*endpoint.attached).device;
}

}  // namespace waggle::control
