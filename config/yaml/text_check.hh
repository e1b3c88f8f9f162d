#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace waggle::config {

/// Why bytes cannot be a YAML text, and where (offset of the byte).
struct bad_text {
    std::size_t offset = 0;
    std::string reason;
};

/// Nothing if `text` is well-formed UTF-8 (RFC 3629) without control characters but tab and newlines.
std::optional<bad_text> find_bad_text(std::string_view text);

/// `text` in quotes for a message: one line, at most 60 characters, control characters and bytes that are not
/// ASCII shown as '?'.
std::string quote(std::string_view text);

}  // namespace waggle::config
