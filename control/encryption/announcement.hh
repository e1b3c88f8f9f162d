#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/result.hh"
#include "control/encryption/overlay_secret.hh"
#include "dataplane/api/association.hh"

namespace waggle::control {

using public_key = std::array<std::uint8_t, 32>;
using boot_value = std::array<std::uint8_t, 16>;

/// A set of ciphers; bit N is the cipher of that number in api::cipher.
using cipher_set = std::uint8_t;
constexpr cipher_set set_of(api::cipher one) {
    return static_cast<cipher_set>(1U << static_cast<unsigned>(one));
}
/// What the waggle profile can use.
inline constexpr cipher_set exchangeable_ciphers =
    set_of(api::cipher::aes256gcm) | set_of(api::cipher::chacha20poly1305);

/// The public half of a key pair and the epoch that it is for.
struct half {
    std::uint32_t epoch = 0;
    public_key key{};
    friend bool operator==(const half&, const half&) = default;
};

/// What a host tells all others on an encrypted overlay (waggle profile), so that each can derive the keys of
/// the associations between the two.
struct announcement {
    vni overlay;
    /// Name of the host that announces.
    std::string node;
    /// When this life of the host's keys began, milliseconds since 1970; a later life has a greater one.
    std::uint64_t started = 0;
    /// Random for each life.
    boot_value boot{};
    /// How many workers send, each with an association of its own.
    std::uint16_t workers = 1;
    /// What it can open, and what it prefers to seal with.
    cipher_set supported = exchangeable_ciphers;
    api::cipher preferred = api::cipher::aes256gcm;
    /// In use, and in use after the next rotation. Epochs follow each other: next is current + 1.
    half current;
    half next;
    friend bool operator==(const announcement&, const announcement&) = default;
};

inline constexpr std::size_t longest_node_name = 128;
inline constexpr std::size_t announcement_overhead = 136;
inline constexpr std::size_t longest_announcement = announcement_overhead + longest_node_name;
inline constexpr std::uint16_t most_workers = 64;

/// As bytes, authenticated; key-exchange.md has the format. Precondition: the fields are in their ranges.
std::vector<std::uint8_t> seal_announcement(const announcement& what, const overlay_secret& with);

/// The announcement in `bytes`, which may be anything. Fails with a sentence if it is no announcement for
/// `overlay` by a host that has its secret.
result<announcement> open_announcement(std::span<const std::uint8_t> bytes, vni overlay,
                                       const overlay_secret& with);

}  // namespace waggle::control
