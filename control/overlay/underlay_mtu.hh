#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "config/config.hh"

namespace waggle::control {

/// MTU of each underlay port's kernel interface (for an ethdev port its exception interface), by the port's
/// name. A port whose interface does not exist now is left out. A few system calls.
std::map<std::string, std::uint16_t> read_underlay_mtus(const config::node& node);

}  // namespace waggle::control
