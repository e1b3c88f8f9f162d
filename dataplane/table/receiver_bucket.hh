#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/ip_address.hh"
#include "common/spi.hh"
#include "dataplane/table/hash_seed.hh"
#include "dataplane/table/shared_word.hh"

namespace waggle {

/// How an inbound security association is found: several senders may use one SPI.
struct receiver_key {
    spi index;
    ip_address source;
    friend bool operator==(const receiver_key&, const receiver_key&) = default;
};

/// Four entries (SPI, outer source address) to a word that is not 0 in two adjacent cache lines. The word is
/// stored last and cleared first; 0 is an empty slot.
struct alignas(128) receiver_bucket {
    using key_type = receiver_key;
    using value_type = std::uint64_t;
    static constexpr unsigned slots = 4;
    static constexpr unsigned mean_load = 2;
    static constexpr unsigned overflow_shift = 2;

    struct address_words {
        std::uint64_t front;
        std::uint64_t back;
    };

    std::array<std::uint64_t, slots> words;
    std::array<std::uint32_t, slots> indexes;
    std::uint32_t meta;
    std::array<std::uint32_t, 3> unused;
    std::array<address_words, slots> addresses;

    static address_words words_of(const ip_address& ip) { return std::bit_cast<address_words>(ip.bytes()); }
    static std::uint64_t hash(const receiver_key& key, const hash_seed& seed) {
        const address_words ip = words_of(key.source);
        return seed.hash(ip.front, ip.back, key.index.value());
    }

    std::optional<std::uint64_t> find(const receiver_key& key) const {
        const address_words ip = words_of(key.source);
#pragma GCC unroll 4
        for (unsigned slot = 0; slot < slots; ++slot) {
            if (shared_load(indexes[slot], std::memory_order_relaxed) != key.index.value()) continue;
            // The word first: while it is not 0, the key beside it is settled.
            const std::uint64_t word = shared_load(words[slot], std::memory_order_acquire);
            if (word != 0 && shared_load(indexes[slot], std::memory_order_relaxed) == key.index.value() &&
                shared_load(addresses[slot].back, std::memory_order_relaxed) == ip.back &&
                shared_load(addresses[slot].front, std::memory_order_relaxed) == ip.front)
                return word;
        }
        return std::nullopt;
    }

    // Writer side.
    int slot_of(const receiver_key& key) const {
        for (unsigned slot = 0; slot < slots; ++slot)
            if (const auto held = entry(slot); held && held->first == key) return static_cast<int>(slot);
        return -1;
    }
    std::optional<std::pair<receiver_key, std::uint64_t>> entry(unsigned slot) const {
        if (words[slot] == 0) return std::nullopt;
        return std::pair(receiver_key{spi(indexes[slot]), ip_address::load_v6(&addresses[slot])},
                         words[slot]);
    }
    void publish(unsigned slot, const receiver_key& key, std::uint64_t value) {
        const address_words ip = words_of(key.source);
        shared_store(indexes[slot], key.index.value(), std::memory_order_relaxed);
        shared_store(addresses[slot].front, ip.front, std::memory_order_relaxed);
        shared_store(addresses[slot].back, ip.back, std::memory_order_relaxed);
        shared_store(words[slot], value, std::memory_order_release);
    }
    void update(unsigned slot, std::uint64_t value) {
        shared_store(words[slot], value, std::memory_order_release);
    }
    void withdraw(unsigned slot) {
        shared_store(words[slot], std::uint64_t{0}, std::memory_order_release);
    }
};

static_assert(sizeof(receiver_bucket) == 128);

}  // namespace waggle
