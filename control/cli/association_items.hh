#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "control/cli/report_items.hh"
#include "dataplane/api/report.hh"

namespace waggle::cli {

/// Names of peers by their VTEP.
using peer_names = std::map<std::string, std::string>;

/// Security associations as items, sorted by peer, overlay, direction and lane. Never a key, only its
/// fingerprint. A peer without a name is shown by its VTEP.
nlohmann::json association_items(const std::vector<api::association_report>& associations,
                                 const overlay_names& overlays, const peer_names& peers);

}  // namespace waggle::cli
