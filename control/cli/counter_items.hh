#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "control/cli/report_items.hh"
#include "dataplane/api/report.hh"

namespace waggle::cli {

/// Counters that are not zero as items, sorted by overlay (what belongs to none first) and name. Without
/// `workers` the workers' values are added up.
nlohmann::json counter_items(const std::vector<api::counter_report>& counters, const overlay_names& names,
                             bool workers);

/// Of `now` those that moved since `before`, `seconds` ago: each item with "since" (by how much) and "rate"
/// (text) besides. A value below the earlier one is of a dataplane that started again and counts from zero.
nlohmann::json moved_items(const nlohmann::json& before, const nlohmann::json& now, double seconds);

}  // namespace waggle::cli
