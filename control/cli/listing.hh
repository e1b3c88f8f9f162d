#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "control/cli/table.hh"

namespace waggle::cli {

/// A column of a table and the key of an item's field that fills it.
struct field {
    std::string key;
    column shown;
};

/// How the items of a command are shown to people; programs get the items themselves.
struct listing {
    std::vector<field> fields;
    /// Instead of a table without rows; may be empty.
    std::string nothing;
};

/// A field as text: "-" if it is absent, null or empty; lists joined by ", "; booleans as yes and no.
std::string field_text(const nlohmann::json& item, const std::string& key);

/// The table of `items`, an array of objects; fields that an item lacks are "-".
std::string render(const listing& how, const nlohmann::json& items, std::size_t width);

// One for each command that lists.
const listing& overlays_listing();
const listing& endpoints_listing();
const listing& peers_listing();
const listing& networks_listing();
const listing& diff_listing();
const listing& fdb_listing();
const listing& neighbours_listing();
const listing& ports_listing();
const listing& associations_listing();
/// `watched`: with the rate. `workers`: with the worker's number.
listing counters_listing(bool watched, bool workers);

}  // namespace waggle::cli
