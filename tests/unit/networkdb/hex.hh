#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace waggle::networkdb {

/// "0a1b" as bytes.
inline std::string from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(std::strtol(std::string(digits.substr(i, 2)).c_str(), nullptr, 16));
    return bytes;
}

}  // namespace waggle::networkdb
