#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/ip_address.hh"
#include "config/config.hh"

namespace waggle::control {

/// This host's side of the tunnels.
struct underlay_settings {
    std::optional<ip_address> vtep_v4;
    std::optional<ip_address> vtep_v6;
    std::uint16_t udp_port = 4789;
    /// Kernel interface to underlay port: a packet port's interface, an ethdev port's exception interface.
    std::map<std::string, std::string> port_of_interface;
    /// Path of the namespace whose tables decide; empty: the process's own.
    std::string network_namespace;
    friend bool operator==(const underlay_settings&, const underlay_settings&) = default;
};

/// The part of the node's section that next hops depend on.
underlay_settings underlay_settings_of(const config::node& node);

}  // namespace waggle::control
