#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/secret.hh"

/// HKDF (RFC 5869) over HMAC-SHA-256.
namespace waggle::control {

/// The 32 bytes of HMAC-SHA-256 of `message` under a key of any length.
secret hmac_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> message);

/// RFC 5869 section 2.2: 32 bytes.
secret hkdf_extract(std::span<const std::uint8_t> salt, std::span<const std::uint8_t> input);

/// RFC 5869 section 2.3. Precondition: `length` is at most secret::capacity.
secret hkdf_expand(const secret& key, std::span<const std::uint8_t> info, std::size_t length);

}  // namespace waggle::control
