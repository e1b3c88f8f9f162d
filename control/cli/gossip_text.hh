#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace waggle::cli {

/// `waggle gossip` for people, of what /v1/gossip gives.
std::string gossip_text(const nlohmann::json& gossip, std::size_t width);

/// The items of /v1/peers with what the gossip knows of each among the item's own fields.
nlohmann::json peer_rows(const nlohmann::json& items);

}  // namespace waggle::cli
