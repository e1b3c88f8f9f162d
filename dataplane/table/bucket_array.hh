#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/table/hash_seed.hh"
#include "dataplane/table/mapped_memory.hh"
#include "dataplane/table/shared_word.hh"

namespace waggle {

/// The memory of a hash table at one size: 2^n home buckets, then a pool of overflow buckets that full
/// buckets are chained to. Readers only follow home() and next(); the rest is the writer's.
///
/// A bucket has a 32-bit `meta` word: the low 5 bits mark slots that must not be filled (in use, or given up
/// and waiting for readers), the other 27 are the index of the next bucket of the chain, 0 for none.
template <typename Bucket>
class bucket_array {
public:
    static constexpr unsigned busy_bits = 5;
    static constexpr std::uint32_t busy_mask = (1U << busy_bits) - 1;
    static constexpr unsigned smallest_log2 = 6;
    static constexpr unsigned largest_log2 = 26;
    static_assert(Bucket::slots <= busy_bits);

    /// Room for `entries` without growing. Throws std::bad_alloc.
    static unsigned log2_for(std::size_t entries) {
        unsigned log2 = smallest_log2;
        while (log2 < largest_log2 && (std::size_t{1} << log2) * Bucket::mean_load < entries) ++log2;
        return log2;
    }

    bucket_array(unsigned log2, const hash_seed& seed)
        : _seed(seed),
          _shift(64 - log2),
          _home_count(1U << log2),
          _bucket_count(_home_count + (_home_count >> Bucket::overflow_shift) + 16),
          _unused(_home_count),
          _memory(_bucket_count * sizeof(Bucket)),
          _buckets(static_cast<Bucket*>(_memory.data())) {}

    const hash_seed& seed() const { return _seed; }
    unsigned shift() const { return _shift; }
    const Bucket* buckets() const { return _buckets; }
    std::uint32_t home_index(const typename Bucket::key_type& key) const {
        return static_cast<std::uint32_t>(Bucket::hash(key, _seed) >> _shift);
    }
    const Bucket& home(const typename Bucket::key_type& key) const { return _buckets[home_index(key)]; }
    /// Null at the end of the chain.
    const Bucket* next(const Bucket& bucket) const {
        const std::uint32_t index = next_index(bucket);
        return index == 0 ? nullptr : &_buckets[index];
    }
    static std::uint32_t next_index(const Bucket& bucket) {
        return shared_load(bucket.meta, std::memory_order_acquire) >> busy_bits;
    }

    // Writer side.
    unsigned log2() const { return 64 - _shift; }
    std::size_t entry_limit() const { return std::size_t{_home_count} * Bucket::mean_load; }
    std::size_t memory_bytes() const { return _memory.size(); }
    Bucket& at(std::uint32_t index) { return _buckets[index]; }
    /// All buckets ever used are below this index.
    std::uint32_t end_index() const { return _unused; }
    bool is_home(std::uint32_t index) const { return index < _home_count; }

    static std::uint32_t busy(const Bucket& bucket) { return bucket.meta & busy_mask; }
    static void set_busy(Bucket& bucket, unsigned slot, bool busy) {
        const std::uint32_t bit = 1U << slot;
        shared_store(bucket.meta, busy ? bucket.meta | bit : bucket.meta & ~bit, std::memory_order_relaxed);
    }
    /// What `next` refers to must be complete: readers follow at once.
    static void set_next(Bucket& bucket, std::uint32_t next) {
        shared_store(bucket.meta, busy(bucket) | next << busy_bits, std::memory_order_release);
    }

    /// An empty bucket, or 0 if the pool is exhausted.
    std::uint32_t take_overflow() {
        if (!_returned.empty()) {
            const std::uint32_t index = _returned.back();
            _returned.pop_back();
            set_next(_buckets[index], 0);
            return index;
        }
        return _unused < _bucket_count ? _unused++ : 0;
    }
    /// Only for a bucket with no busy slot that no reader can be in.
    void return_overflow(std::uint32_t index) { _returned.push_back(index); }

private:
    hash_seed _seed;
    unsigned _shift;
    std::uint32_t _home_count;
    std::uint32_t _bucket_count;
    std::uint32_t _unused;
    mapped_memory _memory;
    Bucket* _buckets;
    std::vector<std::uint32_t> _returned;
};

}  // namespace waggle
