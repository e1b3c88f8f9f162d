#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/config.hh"
#include "config/yaml/cursor.hh"
#include "config/yaml/map_reader.hh"

namespace waggle::config {

/// True if packets can be sent to it as to one host.
bool is_host(const ip_address& ip);

/// A list of hosts, each an address with or without a port; problems are reported and left out.
std::vector<seed> read_hosts(const cursor& list, std::uint16_t usual_port, std::string_view allowed);

/// `advertise: ADDRESS`, where other hosts reach this one.
std::optional<ip_address> read_advertise(const map_reader& map);
/// `port: NUMBER`; nothing if it is absent or wrong.
std::optional<std::uint16_t> read_port(const map_reader& map);

}  // namespace waggle::config
