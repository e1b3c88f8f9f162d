#include "dataplane/table/forwarding_table.hh"

#if defined(__AVX2__) && !defined(__SANITIZE_THREAD__)
#include <immintrin.h>
#define WAGGLE_TABLE_SIMD
#endif

namespace waggle {
namespace {

/// One bit a slot that holds `key`.
unsigned match(const forwarding_bucket& bucket, std::uint64_t key) {
#ifdef WAGGLE_TABLE_SIMD
    // Aligned 8-byte lanes are each read at once on every x86-64 with AVX2; which lanes match decides the
    // address of the value, so the value is read after its key.
    const __m256i first = _mm256_load_si256(reinterpret_cast<const __m256i*>(bucket.keys.data()));
    const __m256i equal = _mm256_cmpeq_epi64(first, _mm256_set1_epi64x(static_cast<long long>(key)));
    const auto mask = static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(equal)));
    return mask | static_cast<unsigned>(shared_load(bucket.keys[4], std::memory_order_acquire) == key) << 4;
#else
    // The same with one atomic load a key: what ThreadSanitizer can follow.
    unsigned mask = 0;
    for (unsigned slot = 0; slot < forwarding_bucket::slots; ++slot)
        mask |= static_cast<unsigned>(shared_load(bucket.keys[slot], std::memory_order_acquire) == key)
                << slot;
    return mask;
#endif
}

std::uint32_t value_at(const forwarding_bucket& bucket, unsigned mask) {
    return shared_load(bucket.values[static_cast<unsigned>(std::countr_zero(mask))],
                       std::memory_order_acquire);
}

}  // namespace

void forwarding_table::find(const forwarding_key* keys, unsigned count, forwarding_value* found) const {
    const array_type& in = array();
    const hash_seed seed = in.seed();
    const unsigned shift = in.shift();
    const forwarding_bucket* const buckets = in.buckets();

    std::array<const forwarding_bucket*, bulk_capacity> at;
    for (unsigned i = 0; i < count; ++i) {
        at[i] = buckets + (seed.hash(keys[i].raw()) >> shift);
        __builtin_prefetch(at[i]);
    }

    // Keys that may be further down the chain, without a branch for each.
    std::array<std::uint8_t, bulk_capacity> chained;
    unsigned chained_count = 0;
    for (unsigned i = 0; i < count; ++i) {
        const forwarding_bucket& bucket = *at[i];
        const unsigned mask = match(bucket, keys[i].raw());
        const std::uint32_t next = array_type::next_index(bucket);
        const bool hit = mask != 0 && keys[i].raw() != 0;
        // An absent key reads some value too and throws it away.
        const std::uint32_t value = value_at(bucket, mask | 1U << (forwarding_bucket::slots - 1));
        found[i] = forwarding_value::from_raw(hit ? value : 0);
        chained[chained_count] = static_cast<std::uint8_t>(i);
        at[i] = buckets + next;
        chained_count += static_cast<unsigned>(!hit && next != 0 && keys[i].raw() != 0);
    }

    for (unsigned c = 0; c < chained_count; ++c) __builtin_prefetch(at[chained[c]]);
    for (unsigned c = 0; c < chained_count; ++c) {
        const unsigned i = chained[c];
        for (const forwarding_bucket* bucket = at[i]; bucket != nullptr; bucket = in.next(*bucket)) {
            if (const unsigned mask = match(*bucket, keys[i].raw()); mask != 0) {
                found[i] = forwarding_value::from_raw(value_at(*bucket, mask));
                break;
            }
        }
    }
}

}  // namespace waggle
