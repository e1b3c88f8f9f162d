#pragma once

#include <cstdint>

#include "config/config.hh"
#include "control/overlay/host_facts.hh"

namespace waggle::control {

/// Largest inner IP packet of an overlay, bytes: what the file says, or the smallest MTU of the underlay's
/// devices less the tunnel: 50 bytes (IPv4, UDP, VXLAN, Ethernet), or 70 if this host sends to any of the
/// overlay's peers over IPv6. An encrypted overlay has ESP in between: 26 bytes (docker) or 34 (waggle), 8
/// more if any peer of it gets ESP in UDP, and what padding to 4 bytes can't use of the rest. The same for
/// the overlay's TAP and its containers.
std::uint16_t overlay_mtu(const config::config& config, const config::overlay& overlay,
                          const host_facts& facts);

}  // namespace waggle::control
