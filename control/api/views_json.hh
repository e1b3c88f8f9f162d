#pragma once

#include <nlohmann/json.hpp>

#include "control/api/host.hh"

namespace waggle::control {

/// Keys are the fields' names; status has its dataplane fields in an object of that name.
nlohmann::json to_json(const overlay_view& view);
nlohmann::json to_json(const endpoint_view& view);
nlohmann::json to_json(const peer_view& view);
nlohmann::json to_json(const network_view& view);
nlohmann::json to_json(const node_view& view);
nlohmann::json to_json(const gossip_view& view);
nlohmann::json to_json(const diff_item& view);
nlohmann::json to_json(const announcement_view& view);
nlohmann::json to_json(const status_view& view);

}  // namespace waggle::control
