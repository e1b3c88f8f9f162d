#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/secret.hh"
#include "control/encryption/announcement.hh"
#include "control/encryption/overlay_secret.hh"

namespace waggle::control {

/// One end of an association, as its announcement tells of it.
struct association_end {
    std::string node;
    boot_value boot{};
    half own;
    friend bool operator==(const association_end&, const association_end&) = default;
};

/// What both ends derive for one direction and worker.
struct derived_association {
    /// At least 256 (RFC 4303 section 2.1 reserves the others).
    std::uint32_t spi = 0;
    /// The cipher's key and 4 bytes of salt.
    secret keying_material;
    friend bool operator==(const derived_association&, const derived_association&) = default;
};

/// The cipher that `sender` seals with for `receiver`: what it prefers if the receiver can open it, else the
/// first that both have. Nothing if there is none.
std::optional<api::cipher> common_cipher(const announcement& sender, const announcement& receiver);

/// The association from `sender`'s worker to `receiver`; both ends get the same. `shared`: of the X25519
/// agreement between their halves. key-exchange.md says why it is derived from these.
derived_association derive_association(const overlay_secret& overlay_keys, vni overlay, const secret& shared,
                                       const association_end& sender, const association_end& receiver,
                                       api::cipher cipher, std::uint16_t worker);

}  // namespace waggle::control
