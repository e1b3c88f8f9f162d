#pragma once

#include <optional>
#include <vector>

#include "common/ip_address.hh"
#include "config/config.hh"

namespace waggle::control {

/// The address of a peer that this host sends to: IPv4 if both have one, else IPv6 if both have one.
/// Nothing if they have no family in common. The peer chooses by the same rule, so both ends agree.
std::optional<ip_address> chosen_vtep(const config::node& node, const config::peer& peer);

/// All addresses of a peer from which packets can reach this host, the chosen one first.
std::vector<ip_address> reachable_vteps(const config::node& node, const config::peer& peer);

/// Whether a peer takes part in an overlay.
bool takes_part(const config::peer& peer, const config::overlay& overlay);

}  // namespace waggle::control
