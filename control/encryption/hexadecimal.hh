#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/secret.hh"

namespace waggle::control {

/// Exactly `length` bytes (at most secret::capacity) as hex digits of either case, nothing around them.
std::optional<secret> parse_hexadecimal(std::string_view text, std::size_t length);

}  // namespace waggle::control
