#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waggle::gossip {

using bytes = std::vector<std::uint8_t>;
using byte_view = std::span<const std::uint8_t>;

inline byte_view view_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline bytes copy_of(byte_view view) {
    return {view.begin(), view.end()};
}
inline std::string_view text_of(byte_view view) {
    return {reinterpret_cast<const char*>(view.data()), view.size()};
}
inline void append(bytes& to, byte_view more) {
    to.insert(to.end(), more.begin(), more.end());
}

}  // namespace waggle::gossip
