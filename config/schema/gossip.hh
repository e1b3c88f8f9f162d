#pragma once

#include "config/config.hh"
#include "config/yaml/cursor.hh"

namespace waggle::config {

/// `of` has its VTEP addresses already.
gossip read_gossip(const cursor& at, const node& of);

/// "ADDRESS", "IPV4:PORT" or "[IPV6]:PORT"; `port` where none is given.
std::optional<gossip_seed> parse_gossip_seed(std::string_view text, std::uint16_t port);

}  // namespace waggle::config
