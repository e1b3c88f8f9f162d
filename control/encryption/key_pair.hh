#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "common/secret.hh"
#include "control/encryption/announcement.hh"

namespace waggle::control {

/// Fills bytes at random, from the kernel or, in tests, from a seed.
using random_source = std::function<void(std::span<std::uint8_t>)>;

/// An X25519 key pair (RFC 7748).
struct key_pair {
    /// 32 bytes; empty once it was erased.
    secret private_half;
    public_key public_half{};

    static key_pair make(const random_source& random);
    /// Precondition: 32 bytes.
    static key_pair from(secret private_half);
};

/// The shared secret of our private and their public half; nothing for a public half of small order, which
/// would make it a constant.
std::optional<secret> agree(const secret& private_half, const public_key& theirs);

}  // namespace waggle::control
