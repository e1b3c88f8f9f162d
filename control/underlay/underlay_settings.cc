#include "control/underlay/underlay_settings.hh"

namespace waggle::control {

underlay_settings underlay_settings_of(const config::node& node) {
    underlay_settings settings;
    settings.vtep_v4 = node.vtep_v4;
    settings.vtep_v6 = node.vtep_v6;
    settings.udp_port = node.udp_port;
    for (const config::underlay_port& port : node.underlay) {
        if (const auto* packet = std::get_if<config::packet_underlay>(&port.kind))
            settings.port_of_interface.emplace(packet->interface, port.name);
        else if (const auto* ethdev = std::get_if<config::ethdev_underlay>(&port.kind))
            settings.port_of_interface.emplace(ethdev->exception_interface, port.name);
    }
    return settings;
}

}  // namespace waggle::control
