#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "common/result.hh"
#include "common/spi.hh"
#include "dataplane/esp/aead.hh"
#include "dataplane/esp/key_memory.hh"
#include "dataplane/esp/replay_state.hh"
#include "dataplane/esp/verdict.hh"
#include "dataplane/esp/worker_claim.hh"

namespace waggle::esp {

/// What both ends agreed on.
struct association_parameters {
    aead_cipher cipher = aead_cipher::aes_256_gcm;
    /// 8 (docker profile), 12 or 16 bytes; ChaCha20-Poly1305 has 16 only.
    std::uint8_t icv_length = 16;
    bool extended_sequence = false;
    spi index;
    /// key_length(cipher) bytes; copied into key memory, the caller wipes its own.
    std::span<const std::uint8_t> key;
    /// In packet order; Docker's is the SPI, big-endian.
    std::array<std::uint8_t, aead_salt_length> salt{};
};

/// Salt of the docker profile.
std::array<std::uint8_t, aead_salt_length> docker_salt(spi index);

/// What stays the same over an SA's life and is told to operators: never the key, only a fingerprint of it
/// (keyed BLAKE2b, 32 bits), equal on both ends.
struct association_description {
    aead_cipher cipher;
    std::uint8_t icv_length;
    bool extended_sequence;
    spi index;
    std::uint32_t fingerprint;
};

/// What happened so far; values read at one moment from counters that go on.
struct association_usage {
    std::uint64_t packets = 0;
    /// Payload bytes: UDP header and all that follows, without ESP's own.
    std::uint64_t bytes = 0;
    /// The caller's `now` of the last burst with a good packet; 0: never used.
    std::uint64_t last_used = 0;
    /// Outbound: the last sequence number given away. Inbound: the highest accepted.
    std::uint64_t last_sequence = 0;
    /// How many numbers the SA has in its life.
    std::uint64_t sequence_limit = 0;
};

/// An SA to send with. Any number of workers may seal with it at once. Whoever holds it as a pointer from an
/// RCU table frees it after the grace period; its key is wiped then.
class alignas(64) outbound_association {
public:
    // Line 0: read only.
    const aead_engine* engine = nullptr;
    const void* expanded_key = nullptr;
    /// As in the packet.
    std::uint32_t spi_raw = 0;
    std::uint32_t salt_raw = 0;
    /// IV of sequence number 0: 64 random bits of this instance.
    std::uint64_t iv_start = 0;
    std::uint64_t last_allowed = 0;
    std::uint8_t icv_length = 0;
    bool extended_sequence = false;
    /// The caller's: what the SA is bound to.
    std::uint64_t binding = 0;

    // Line 1: written once a burst.
    struct alignas(64) moving_part {
        /// The last sequence number given away.
        std::atomic<std::uint64_t> sequence{0};
        std::atomic<std::uint64_t> bytes{0};
        std::atomic<std::uint64_t> last_used{0};
    } moving;

    // Cold.
    struct alignas(64) cold_part {
        association_description description{};
        key_memory key;
        std::uint64_t first_sequence = 1;
        std::array<std::atomic<std::uint64_t>, seal_verdict_count> refused{};
    } cold;

    association_usage usage() const;
    /// Packets that were refused for `reason`.
    std::uint64_t refused(seal_verdict reason) const {
        return cold.refused[static_cast<std::size_t>(reason)].load(std::memory_order_relaxed);
    }
};
static_assert(sizeof(outbound_association::moving_part) == 64 &&
              sizeof(outbound_association) == 2 * 64 + sizeof(outbound_association::cold_part));

/// An SA to receive with. One worker at a time opens with it: its owner (replay.md).
class alignas(64) inbound_association {
public:
    // Line 0: hardly ever written.
    const aead_engine* engine = nullptr;
    const void* expanded_key = nullptr;
    std::uint32_t spi_raw = 0;
    std::uint32_t salt_raw = 0;
    std::uint8_t icv_length = 0;
    bool extended_sequence = false;
    /// The caller's: what the SA is bound to.
    std::uint64_t binding = 0;
    /// Whoever calls open() has made sure that it is the owner, if there are several workers.
    worker_claim claim;

    // Line 1: the owner's, written once a burst; others read the atomic ones.
    struct alignas(64) moving_part {
        replay_state replay;
        std::atomic<std::uint64_t> packets{0};
        std::atomic<std::uint64_t> bytes{0};
        std::atomic<std::uint64_t> last_used{0};
    } moving;

    // Cold.
    struct alignas(64) cold_part {
        association_description description{};
        key_memory key;
        std::array<std::atomic<std::uint64_t>, open_verdict_count> refused{};
    } cold;

    /// By the owner, a burst at a time: good packets with so many bytes of payload.
    void count(unsigned packets, std::uint64_t bytes, std::uint64_t now) {
        moving.packets.store(moving.packets.load(std::memory_order_relaxed) + packets,
                             std::memory_order_relaxed);
        moving.bytes.store(moving.bytes.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
        if (packets != 0) moving.last_used.store(now, std::memory_order_relaxed);
    }
    /// By the owner: one more packet is refused.
    void refuse(open_verdict why) {
        std::atomic<std::uint64_t>& so_far = cold.refused[static_cast<std::size_t>(why)];
        so_far.store(so_far.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    association_usage usage() const;
    std::uint64_t refused(open_verdict reason) const {
        return cold.refused[static_cast<std::size_t>(reason)].load(std::memory_order_relaxed);
    }
    /// How often a peer's restart was accepted (policy `resync`).
    std::uint64_t resyncs() const;
};
static_assert(sizeof(inbound_association::moving_part) == 64 &&
              sizeof(inbound_association) == 2 * 64 + sizeof(inbound_association::cold_part));

/// Makes an SA to send with: expands the key, draws the IV's start from the system's randomness. The first
/// packet has sequence number 1. Errors: key length, ICV length, a reserved SPI, no locked memory, CPU.
result<std::unique_ptr<outbound_association>> make_outbound(const association_parameters& parameters);

/// For tests and known vectors: the first packet has exactly this sequence number (above 0) and IV. Using it
/// to send repeats nonces.
result<std::unique_ptr<outbound_association>> make_outbound_at(const association_parameters& parameters,
                                                               std::uint64_t first_sequence,
                                                               std::uint64_t first_iv);

/// Makes an SA to receive with. Errors as make_outbound(), and a window or policy that does not fit.
result<std::unique_ptr<inbound_association>> make_inbound(const association_parameters& parameters,
                                                          const replay_settings& replay);

}  // namespace waggle::esp
