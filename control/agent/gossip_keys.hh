#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"
#include "control/gossip/keyring/keyring.hh"

namespace waggle::control {

/// The keys in the text of a gossip key file: one a line, 32 hexadecimal digits; the first seals, all open.
/// Empty lines and lines that begin with '#' are passed over.
result<std::vector<gossip::bytes>> parse_gossip_keys(std::string_view text);

/// The keys of a file that nobody else may read. Fails with one sentence that names the file.
result<gossip::keyring> read_gossip_keys(const std::string& path);

}  // namespace waggle::control
