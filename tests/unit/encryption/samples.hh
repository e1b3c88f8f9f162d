#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "control/encryption/exchange.hh"

namespace waggle::control {

inline std::vector<std::uint8_t> from_hex(const std::string& text) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
    return bytes;
}
inline std::string to_hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}
inline vni id(std::uint32_t value) {
    return *vni::from(value);
}
inline ip_address ip(const char* text) {
    return *ip_address::parse(text);
}

inline const std::string sample_secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF";

inline overlay_secret keys_of(const std::string& text = sample_secret, std::uint32_t overlay = 4098) {
    return *parse_overlay_secret(text, id(overlay));
}

/// Bytes of a seeded generator: the same in each run.
inline random_source seeded(std::uint64_t seed) {
    return [generator = std::mt19937_64(seed)](std::span<std::uint8_t> bytes) mutable {
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(generator());
    };
}

inline exchange_settings settings_of(const std::string& node, std::uint16_t workers = 1) {
    return {id(4098), node, keys_of(), api::cipher::aes256gcm, workers};
}

}  // namespace waggle::control
