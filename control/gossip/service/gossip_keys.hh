#pragma once

#include <string>
#include <string_view>

#include "control/gossip/keyring/keyring.hh"

namespace waggle::gossip {

/// Text of a key file: one key a line as 32, 48 or 64 hexadecimal digits, the first seals and all open; empty
/// lines and those that begin with '#' do not count. The failure names the line and never shows it.
result<keyring> parse_gossip_keys(std::string_view text);

/// Reads a key file, which only its owner may use.
result<keyring> read_gossip_keys(const std::string& path);

}  // namespace waggle::gossip
