#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.hh"

namespace waggle::control::swarm {

/// What a join token says: SWMTKN-1-DIGEST-SECRET, of FIPS swarms SWMTKN-2-F-DIGEST-SECRET.
struct join_token {
    /// SHA-256 of the root certificates as a manager sends them.
    std::array<std::uint8_t, 32> root_digest{};
    /// The managers demand FIPS cryptography of their members.
    bool fips_demanded = false;

    /// Only what the format allows; the message never repeats the token.
    static result<join_token> parse(std::string_view text);
    /// True if these are the bytes that the digest was made of.
    bool pins(std::string_view root) const;
};

}  // namespace waggle::control::swarm
