#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waggle::control {

/// An announcement as one word that people and scripts can carry: base64 (RFC 4648 section 5, no padding).
std::string announcement_text(std::span<const std::uint8_t> announcement);
/// Nothing if it is no such word, or longer than any announcement.
std::optional<std::vector<std::uint8_t>> parse_announcement_text(std::string_view text);

/// The overlay that an announcement claims to be for; nothing if it is too short. Not authenticated: only to
/// find the secret to open it with.
std::optional<std::uint32_t> claimed_overlay(std::span<const std::uint8_t> announcement);

}  // namespace waggle::control
