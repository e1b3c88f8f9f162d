#pragma once

#include <cstdint>
#include <optional>

#include "common/ip_address.hh"
#include "common/secret.hh"
#include "common/vni.hh"

/// ESP security associations (RFC 4303) as control tells them to the dataplane.
namespace waggle::api {

/// How an overlay's frames travel. Without a usable association an encrypted overlay sends nothing, and what
/// arrives unsealed is dropped.
enum class encryption : std::uint8_t {
    none,
    /// What stock Docker hosts send for `--opt encrypted`; associations are per VTEP, for all such overlays.
    /// Where there are waggle ones for the overlay and VTEP they are sent with, and received as well.
    docker,
    /// Between Waggle hosts; associations are per overlay, VTEP and worker.
    waggle,
};

enum class direction : std::uint8_t { inbound, outbound };

enum class cipher : std::uint8_t { aes128gcm, aes256gcm, chacha20poly1305 };

enum class replay_policy : std::uint8_t {
    /// RFC 4303 section 3.4.3.
    strict,
    /// A peer that restarts at 1 under the same SPI is accepted again; docker only, as is `off`.
    resync,
    /// Sequence numbers are not looked at.
    off,
};

/// Inbound associations receive in every phase.
enum class association_phase : std::uint8_t {
    /// Outbound: prepared, not used yet.
    receive_only,
    /// Outbound: what is sent, is sent with this one. At most one for each VTEP (docker) or overlay, VTEP and
    /// lane (waggle).
    active,
    /// To be removed soon; outbound: no longer used.
    draining,
};

struct association_key {
    waggle::api::direction direction = direction::inbound;
    /// The other end: outer source address (inbound) or destination (outbound).
    ip_address vtep;
    std::uint32_t spi = 0;
    friend bool operator==(const association_key&, const association_key&) = default;
};

struct association {
    /// docker or waggle; none is refused.
    encryption profile = encryption::docker;
    /// waggle only, and always: the one overlay that it serves.
    std::optional<vni> overlay = {};
    /// waggle only, and always: the sending worker that it is for, counted from 0. A worker without an active
    /// association of its own number uses the one of (its number modulo the lanes that there are).
    std::optional<std::uint16_t> lane = {};
    waggle::api::cipher cipher = cipher::aes128gcm;
    /// Integrity check value, bytes: 8 (docker) or 16 (waggle).
    std::uint8_t icv_length = 8;
    /// Key, then 4 bytes of salt (RFC 4106 section 8.1, RFC 7634 section 2): 20 or 36 bytes.
    secret keying_material;
    /// 64-bit sequence numbers (RFC 4303 section 2.2.1); waggle only, and always.
    bool extended_sequence = false;
    /// Sequence numbers; a power of two from 64 to 65,536. Inbound only.
    std::uint32_t replay_window = 4096;
    replay_policy replay = replay_policy::strict;
    association_phase phase = association_phase::active;
    /// Outbound: UDP port of the peer that the packets go to (RFC 3948); 0: IP protocol 50. Inbound packets
    /// are taken either way.
    std::uint16_t encapsulation_port = 0;
    /// Outbound with encapsulation: seconds without a packet until a keepalive is sent; 0: never.
    std::uint16_t keepalive_seconds = 0;
    /// A life of the association. Another number, or another key, starts it anew: sequence numbers at 1, a
    /// new random IV, an empty replay window. Never re-use a waggle association's key in a new life, and
    /// rekey when the dataplane's instance (Welcome) changed: the peer refuses its old sequence numbers.
    std::uint64_t instance = 0;
    friend bool operator==(const association&, const association&) = default;
};

struct association_key_hash {
    std::size_t operator()(const association_key& key) const noexcept {
        return std::hash<ip_address>{}(key.vtep) * 31 +
               (std::uint64_t{key.spi} << 1 | static_cast<std::uint64_t>(key.direction)) *
                   0x9e37'79b9'7f4a'7c15U;
    }
};

/// Bytes of keying material that a cipher takes: its key and 4 bytes of salt.
constexpr std::size_t keying_material_length(cipher of) {
    return of == cipher::aes128gcm ? 20 : 36;
}

}  // namespace waggle::api
