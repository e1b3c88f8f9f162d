#pragma once

#include <string_view>
#include <vector>

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"

namespace waggle::control {

/// The keys in the text of a gossip key file: one a line, 32 hexadecimal digits; the first seals, all open.
/// Empty lines and lines that begin with '#' are passed over.
result<std::vector<gossip::bytes>> parse_gossip_keys(std::string_view text);

}  // namespace waggle::control
