#pragma once

#include <cstdint>
#include <cstring>

namespace waggle {

/// A value as it lies in memory, at any alignment.
template <typename T>
T load_word(const std::uint8_t* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}
template <typename T>
void store_word(std::uint8_t* bytes, T value) {
    std::memcpy(bytes, &value, sizeof value);
}

}  // namespace waggle
