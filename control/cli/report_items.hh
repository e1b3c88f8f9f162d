#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "dataplane/api/report.hh"

/// The dataplane's reports as items: arrays of objects, in an order that does not change between calls.
namespace waggle::cli {

/// Names of overlays by VNI; an overlay that is not there has its VNI as name.
using overlay_names = std::map<vni, std::string>;
overlay_names names_of(const std::vector<api::overlay_report>& overlays);

nlohmann::json port_items(const std::vector<api::port_report>& ports, const overlay_names& names);
nlohmann::json forwarding_items(const std::vector<api::forwarding_report>& entries,
                                const overlay_names& names);
nlohmann::json neighbour_items(const std::vector<api::neighbour_report>& entries, const overlay_names& names);
nlohmann::json status_object(const api::status_report& status);

}  // namespace waggle::cli
