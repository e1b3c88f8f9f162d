#pragma once

#include <cstdint>
#include <string>
#include <variant>

/// How overlays are encrypted (ESP, RFC 4303). Key material itself is never part of a configuration, only the
/// paths of the files that hold it.
namespace waggle::config {

/// What becomes of packets whose sequence number was seen before or is too old.
enum class replay_policy {
    /// Dropped.
    strict,
    /// Dropped, but a peer that began again at 1 is accepted after a while.
    resync,
    /// Accepted.
    off,
};

struct replay_protection {
    replay_policy policy = replay_policy::strict;
    /// How many sequence numbers are remembered; a power of two.
    std::uint32_t window = 4096;
    friend bool operator==(const replay_protection&, const replay_protection&) = default;
};

/// For all overlays with the docker profile: stock Docker hosts have one set of keys for all of them.
struct docker_encryption {
    /// Path of the file with the three keys.
    std::string keys;
    /// Stock hosts begin again at 1 under the same SPI when they restart.
    replay_protection replay{replay_policy::resync, 4096};
    friend bool operator==(const docker_encryption&, const docker_encryption&) = default;
};

enum class aead { aes256gcm, chacha20poly1305 };

/// What stock Docker hosts do for `--opt encrypted`.
struct docker_profile {
    friend bool operator==(const docker_profile&, const docker_profile&) = default;
};

/// Between Waggle hosts, with keys of each overlay's own.
struct waggle_profile {
    /// Path of the file with the secret that the overlay's hosts share.
    std::string secret;
    /// What this host seals with.
    aead algorithm = aead::aes256gcm;
    /// New keys every so many seconds.
    std::uint32_t rekey_seconds = 3600;
    /// Sequence numbers that are remembered; a power of two. What was seen is always refused: with 64-bit
    /// numbers there is no other way (RFC 4303 section 3.3.3).
    std::uint32_t replay_window = 4096;
    friend bool operator==(const waggle_profile&, const waggle_profile&) = default;
};

using encryption = std::variant<docker_profile, waggle_profile>;

/// ESP in UDP (RFC 3948), for networks that drop IP protocol 50.
struct esp_in_udp {
    std::uint16_t port = 4500;
    /// Seconds without a packet after which an empty one keeps the way open; 0: never.
    std::uint16_t keepalive_seconds = 20;
    friend bool operator==(const esp_in_udp&, const esp_in_udp&) = default;
};

}  // namespace waggle::config
