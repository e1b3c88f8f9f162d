#pragma once

#include <string_view>

#include "common/result.hh"
#include "common/secret.hh"
#include "common/vni.hh"

namespace waggle::control {

/// What an overlay's pre-shared secret is used for: two keys that tell nothing of each other or of it.
/// key-exchange.md has the derivation.
struct overlay_secret {
    /// Authenticates announcements; 32 bytes.
    secret authentication;
    /// Mixed into every association's keys; 32 bytes.
    secret mixing;
    friend bool operator==(const overlay_secret&, const overlay_secret&) = default;
};

inline constexpr std::size_t shortest_overlay_secret = 32;
inline constexpr std::size_t longest_overlay_secret = 4096;

/// Text of a secret file: its bytes without blanks and line ends at either end, 32 to 4096 of them. It has to
/// be random: an announcement lets everyone who sees it try out guesses.
result<overlay_secret> parse_overlay_secret(std::string_view text, vni overlay);

/// The same in two steps, for an overlay whose VNI is not known yet.
result<secret> parse_secret_root(std::string_view text);
overlay_secret overlay_secret_of(const secret& root, vni overlay);

}  // namespace waggle::control
