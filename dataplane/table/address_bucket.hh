#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "common/ip_address.hh"
#include "dataplane/table/forwarding_entry.hh"
#include "dataplane/table/hash_seed.hh"
#include "dataplane/table/shared_word.hh"

namespace waggle {

/// An address on an overlay. The overlay must not be 0.
struct address_key {
    overlay_index overlay = no_overlay;
    ip_address ip;
    friend bool operator==(const address_key&, const address_key&) = default;
};

/// Five entries (overlay, IP address) to 48 bits in two adjacent cache lines. Overlay and value share a word,
/// so that an entry appears, changes and goes by one store of it; 0 is an empty slot.
struct alignas(128) address_bucket {
    using key_type = address_key;
    /// The low 48 bits count.
    using value_type = std::uint64_t;
    static constexpr unsigned slots = 5;
    static constexpr unsigned mean_load = 3;
    static constexpr unsigned overflow_shift = 3;
    static constexpr std::uint64_t value_mask = 0xffff'ffff'ffffU;

    /// Bytes 0 to 7 and 8 to 15; all of an IPv4 address is in `back`.
    struct address_words {
        std::uint64_t front;
        std::uint64_t back;
    };

    std::array<std::uint64_t, slots> words;
    std::uint32_t meta;
    std::uint32_t unused;
    std::array<address_words, slots> addresses;

    static address_words words_of(const ip_address& ip) { return std::bit_cast<address_words>(ip.bytes()); }
    static std::uint64_t hash(const address_key& key, const hash_seed& seed) {
        const address_words ip = words_of(key.ip);
        return seed.hash(ip.front, ip.back, key.overlay);
    }

    std::optional<std::uint64_t> find(const address_key& key) const {
        const address_words ip = words_of(key.ip);
        // The back half tells nearly all addresses apart: which slots may match, without a branch for each.
        unsigned candidates = 0;
#pragma GCC unroll 5
        for (unsigned slot = 0; slot < slots; ++slot)
            candidates |=
                static_cast<unsigned>(shared_load(addresses[slot].back, std::memory_order_relaxed) == ip.back)
                << slot;
        for (; candidates != 0; candidates &= candidates - 1) {
            const auto slot = static_cast<unsigned>(std::countr_zero(candidates));
            // The word first: while it is not 0, the address beside it is settled.
            const std::uint64_t word = shared_load(words[slot], std::memory_order_acquire);
            if (word != 0 && word >> 48 == key.overlay &&
                shared_load(addresses[slot].back, std::memory_order_relaxed) == ip.back &&
                shared_load(addresses[slot].front, std::memory_order_relaxed) == ip.front)
                return word & value_mask;
        }
        return std::nullopt;
    }

    // Writer side.
    int slot_of(const address_key& key) const {
        for (unsigned slot = 0; slot < slots; ++slot)
            if (const auto held = entry(slot); held && held->first == key) return static_cast<int>(slot);
        return -1;
    }
    std::optional<std::pair<address_key, std::uint64_t>> entry(unsigned slot) const {
        if (words[slot] == 0) return std::nullopt;
        address_key key{static_cast<overlay_index>(words[slot] >> 48), ip_address::load_v6(&addresses[slot])};
        return std::pair(key, words[slot] & value_mask);
    }
    void publish(unsigned slot, const address_key& key, std::uint64_t value) {
        const address_words ip = words_of(key.ip);
        shared_store(addresses[slot].front, ip.front, std::memory_order_relaxed);
        shared_store(addresses[slot].back, ip.back, std::memory_order_relaxed);
        shared_store(words[slot], std::uint64_t{key.overlay} << 48 | value, std::memory_order_release);
    }
    void update(unsigned slot, std::uint64_t value) {
        shared_store(words[slot], (words[slot] & ~value_mask) | value, std::memory_order_release);
    }
    void withdraw(unsigned slot) {
        shared_store(words[slot], std::uint64_t{0}, std::memory_order_release);
    }
};

static_assert(sizeof(address_bucket) == 128);

}  // namespace waggle
