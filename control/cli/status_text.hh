#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace waggle::cli {

/// `waggle status` for people. `control` as /v1/status gives it, `dataplane` as status_object() makes it;
/// null for the one that is not running. Problems are broken into lines of `width`.
std::string status_text(const nlohmann::json& control, const nlohmann::json& dataplane, std::size_t width);

}  // namespace waggle::cli
