#include "dataplane/esp/security_association.hh"

#include <bit>
#include <cstring>
#include <limits>
#include <sodium.h>
#include <string>
#include <utility>

#include "common/byte_order.hh"

namespace waggle::esp {
namespace {

constexpr std::uint64_t last_sequence(bool extended) {
    return extended ? std::numeric_limits<std::uint64_t>::max() : std::numeric_limits<std::uint32_t>::max();
}

std::uint32_t fingerprint_of(std::span<const std::uint8_t> key) {
    static constexpr std::uint8_t purpose[crypto_generichash_KEYBYTES_MIN] = "key fingerprint";
    std::uint8_t digest[crypto_generichash_BYTES_MIN];
    crypto_generichash(digest, sizeof digest, key.data(), key.size(), purpose, sizeof purpose);
    be32 first;
    std::memcpy(&first, digest, sizeof first);
    return first.host();
}

result<void> check(const association_parameters& given) {
    if (given.index.is_reserved())
        return error{"SPI " + std::to_string(given.index.value()) + " is reserved: choose one above 255"};
    if (given.key.size() != key_length(given.cipher))
        return error{"a key for " + std::string(name_of(given.cipher)) + " has " +
                     std::to_string(key_length(given.cipher)) + " bytes, not " +
                     std::to_string(given.key.size())};
    if (!icv_length_allowed(given.cipher, given.icv_length))
        return error{std::string(name_of(given.cipher)) + " has no ICV of " +
                     std::to_string(given.icv_length) + " bytes: use " +
                     (given.cipher == aead_cipher::chacha20_poly1305 ? "16" : "8, 12 or 16")};
    return {};
}

/// What both directions have in common.
template <typename Association>
result<void> fill(Association& made, const association_parameters& given) {
    if (result<void> fits = check(given); !fits) return fits;
    const result<const aead_engine*> engine = default_engine(given.cipher);
    if (!engine) return engine.failure();
    result<key_memory> key = allocate_key_memory((*engine)->expanded_length);
    if (!key) return key.failure();
    (*engine)->expand(given.key.data(), key->get());

    made.engine = *engine;
    made.expanded_key = key->get();
    made.cold.key = *std::move(key);
    made.spi_raw = be32(given.index.value()).raw();
    std::memcpy(&made.salt_raw, given.salt.data(), sizeof made.salt_raw);
    made.icv_length = given.icv_length;
    made.extended_sequence = given.extended_sequence;
    made.cold.description = {.cipher = given.cipher,
                             .icv_length = given.icv_length,
                             .extended_sequence = given.extended_sequence,
                             .index = given.index,
                             .fingerprint = fingerprint_of(given.key)};
    return {};
}

}  // namespace

std::array<std::uint8_t, aead_salt_length> docker_salt(spi index) {
    return std::bit_cast<std::array<std::uint8_t, aead_salt_length>>(be32(index.value()).raw());
}

association_usage outbound_association::usage() const {
    const std::uint64_t sequence = moving.sequence.load(std::memory_order_relaxed);
    return {.packets = sequence - (cold.first_sequence - 1),
            .bytes = moving.bytes.load(std::memory_order_relaxed),
            .last_used = moving.last_used.load(std::memory_order_relaxed),
            .last_sequence = sequence,
            .sequence_limit = last_allowed};
}

association_usage inbound_association::usage() const {
    return {.packets = moving.packets.load(std::memory_order_relaxed),
            .bytes = moving.bytes.load(std::memory_order_relaxed),
            .last_used = moving.last_used.load(std::memory_order_relaxed),
            .last_sequence = moving.replay.top(),
            .sequence_limit = last_sequence(extended_sequence)};
}

std::uint64_t inbound_association::resyncs() const {
    return moving.replay.resyncs();
}

result<std::unique_ptr<outbound_association>> make_outbound(const association_parameters& parameters) {
    if (sodium_init() < 0) return error{"libsodium can't start: is there a source of randomness?"};
    std::uint64_t first_iv;
    randombytes_buf(&first_iv, sizeof first_iv);
    return make_outbound_at(parameters, 1, first_iv);
}

result<std::unique_ptr<outbound_association>> make_outbound_at(const association_parameters& parameters,
                                                               std::uint64_t first_sequence,
                                                               std::uint64_t first_iv) {
    auto made = std::make_unique<outbound_association>();
    if (result<void> filled = fill(*made, parameters); !filled) return filled.failure();
    made->last_allowed = last_sequence(parameters.extended_sequence);
    if (first_sequence == 0 || first_sequence > made->last_allowed)
        return error{"sequence number " + std::to_string(first_sequence) + " is none: they start at 1"};
    made->iv_start = first_iv - first_sequence;
    made->cold.first_sequence = first_sequence;
    made->moving.sequence.store(first_sequence - 1, std::memory_order_relaxed);
    return made;
}

result<std::unique_ptr<inbound_association>> make_inbound(const association_parameters& parameters,
                                                          const replay_settings& replay) {
    if (replay.policy != replay_policy::off &&
        (!std::has_single_bit(replay.window) || replay.window > replay_window::largest))
        return error{"a replay window of " + std::to_string(replay.window) +
                     " packets: use a power of two up to " + std::to_string(replay_window::largest)};
    if (parameters.extended_sequence && replay.policy != replay_policy::strict)
        return error{"extended sequence numbers need the replay policy 'strict' (RFC 4303 section 3.3.3)"};
    auto made = std::make_unique<inbound_association>();
    if (result<void> filled = fill(*made, parameters); !filled) return filled.failure();
    made->moving.replay.configure(replay, parameters.extended_sequence);
    return made;
}

}  // namespace waggle::esp
