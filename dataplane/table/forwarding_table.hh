#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "dataplane/table/forwarding_entry.hh"
#include "dataplane/table/rcu_hash_table.hh"

namespace waggle {

/// Five entries in one cache line. Keys first, so that one AVX2 load compares four of them.
struct alignas(64) forwarding_bucket {
    using key_type = forwarding_key;
    using value_type = forwarding_value;
    static constexpr unsigned slots = 5;
    /// Entries per home bucket before the table grows.
    static constexpr unsigned mean_load = 4;
    /// Overflow buckets: a quarter of the home buckets. At mean_load a fifth is needed.
    static constexpr unsigned overflow_shift = 2;

    std::array<std::uint64_t, slots> keys;
    std::array<std::uint32_t, slots> values;
    std::uint32_t meta;

    static std::uint64_t hash(forwarding_key key, const hash_seed& seed) { return seed.hash(key.raw()); }

    // Writer side; the readers' comparison is in forwarding_table.cc.
    int slot_of(forwarding_key key) const {
        for (unsigned slot = 0; slot < slots; ++slot)
            if (shared_load(keys[slot], std::memory_order_acquire) == key.raw())
                return static_cast<int>(slot);
        return -1;
    }
    std::optional<std::pair<forwarding_key, forwarding_value>> entry(unsigned slot) const {
        if (keys[slot] == 0) return std::nullopt;
        return std::pair(forwarding_key::from_raw(keys[slot]), forwarding_value::from_raw(values[slot]));
    }
    void publish(unsigned slot, forwarding_key key, forwarding_value value) {
        shared_store(values[slot], value.raw(), std::memory_order_relaxed);
        shared_store(keys[slot], key.raw(), std::memory_order_release);
    }
    void update(unsigned slot, forwarding_value value) {
        shared_store(values[slot], value.raw(), std::memory_order_release);
    }
    void withdraw(unsigned slot) { shared_store(keys[slot], std::uint64_t{0}, std::memory_order_release); }
};

static_assert(sizeof(forwarding_bucket) == 64);

/// (overlay, MAC) to port or VTEP. One writer, RCU readers; see rcu_hash_table. Keys must not be 0.
class forwarding_table : public rcu_hash_table<forwarding_bucket> {
public:
    /// Largest burst of find().
    static constexpr unsigned bulk_capacity = 64;

    using rcu_hash_table::rcu_hash_table;

    /// By readers between two quiescent reports, and the writer.
    std::optional<forwarding_value> find(forwarding_key key) const;

    /// Looks up `count` (at most bulk_capacity) keys at once, which hides the memory's latency; a value of an
    /// absent key, or of key 0, is not is_known(). By readers between two quiescent reports.
    void find(const forwarding_key* keys, unsigned count, forwarding_value* found) const;
};

}  // namespace waggle
