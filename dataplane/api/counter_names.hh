#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/table/counter_values.hh"

namespace waggle::api {

/// Counters as readers see them: numbered from 0, what was forwarded first, then the drop reasons.
std::size_t counter_count();
std::string_view counter_name(std::size_t counter);
std::string_view counter_description(std::size_t counter);
bool is_drop_counter(std::size_t counter);
std::uint64_t counter_value(const counter_values& values, std::size_t counter);

}  // namespace waggle::api
