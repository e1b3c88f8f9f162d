#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config.hh"

namespace waggle::config {

/// Keys as in the file, with their values as text; absent ones are "-". Same keys in the same order for all
/// values of a type.
using field_list = std::vector<std::pair<std::string, std::string>>;

field_list fields_of(const node& self);
field_list fields_of(const std::optional<gossip>& maybe);
field_list fields_of(const std::optional<swarm>& maybe);
field_list fields_of(const overlay& each);
field_list fields_of(const peer& each);
field_list fields_of(const endpoint& each);
field_list fields_of(const network_encryption& each);

/// As in "container namespace blue eth0, route 0.0.0.0/0 via 10.1.0.1".
std::string describe(const attachment& to);

/// "192.0.2.1:7946" or "[2001:db8::1]:7946".
std::string to_string(const seed& each);

}  // namespace waggle::config
