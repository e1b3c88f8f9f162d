#pragma once

#include <cstdint>
#include <string>

#include "common/vni.hh"
#include "config/config.hh"
#include "dataplane/api/state.hh"

namespace waggle::control {

/// Name of an overlay's TAP, as port and as interface: "wg" and the VNI, at most 10 characters.
std::string tap_name(vni overlay);

/// The TAP of an overlay, in Waggle's namespace (a path).
api::access_port tap_access_port(vni overlay, std::uint16_t mtu, const std::string& waggle_namespace);

/// Name of the port of an endpoint with a port of its own; differs for any two endpoints and from every TAP.
/// Precondition: not a container.
std::string port_name(const config::endpoint& endpoint);

/// DPDK's description of that port. Device names are derived from the endpoint's name, so that they fit DPDK
/// whatever the name is and stay the same over restarts. Precondition: not a container.
std::string device_arguments(const config::endpoint& endpoint);

}  // namespace waggle::control
