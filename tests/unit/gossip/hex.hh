#pragma once

#include <string_view>

#include "control/gossip/core/bytes.hh"

namespace waggle::gossip {

/// Bytes from hexadecimal digits.
inline bytes from_hex(std::string_view digits) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    bytes out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(value(digits[i]) << 4 | value(digits[i + 1])));
    return out;
}

inline std::string to_hex(byte_view from) {
    std::string out;
    for (const std::uint8_t byte : from) {
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}

}  // namespace waggle::gossip
