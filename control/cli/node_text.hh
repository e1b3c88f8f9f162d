#pragma once

#include <cstddef>
#include <ctime>
#include <string>

#include <nlohmann/json.hpp>

namespace waggle::cli {

/// The answer of /v1/node for people. `now`: seconds since 1970.
std::string node_text(const nlohmann::json& node, std::time_t now, std::size_t width);

}  // namespace waggle::cli
