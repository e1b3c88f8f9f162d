#include "dataplane/table/forwarding_table.hh"

#if defined(__AVX2__) && !defined(__SANITIZE_THREAD__)
#include <immintrin.h>
#define WAGGLE_TABLE_SIMD
#endif

namespace waggle {
namespace {

/// One bit a slot that holds `key`. Without a branch: which slot it is can't be predicted.
unsigned match(const forwarding_bucket& bucket, std::uint64_t key) {
#ifdef WAGGLE_TABLE_SIMD
    // Aligned 8-byte lanes are each read at once on every x86-64 with AVX2; which lanes match decides the
    // address of the value, so the value is read after its key.
    const auto* const halves = reinterpret_cast<const __m256i*>(&bucket);
    const __m256i wanted = _mm256_set1_epi64x(static_cast<long long>(key));
    const auto bits = [wanted](__m256i half) {
        return static_cast<unsigned>(
            _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(half, wanted))));
    };
    // The fifth key begins the second half.
    return bits(_mm256_load_si256(halves)) | (bits(_mm256_load_si256(halves + 1)) & 1) << 4;
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

/// What stands in for the bucket of key 0, which would match empty slots.
constexpr forwarding_bucket no_bucket{.keys = {1, 1, 1, 1, 1}, .values = {}, .meta = 0};

}  // namespace

std::optional<forwarding_value> forwarding_table::find(forwarding_key key) const {
    if (key.raw() == 0) return std::nullopt;
    const array_type& in = array();
    const forwarding_bucket* bucket = &in.home(key);
    do {
        if (const unsigned mask = match(*bucket, key.raw()); mask != 0)
            return forwarding_value::from_raw(value_at(*bucket, mask));
        bucket = in.next(*bucket);
    } while (bucket != nullptr);
    return std::nullopt;
}

void forwarding_table::find(const forwarding_key* keys, unsigned count, forwarding_value* found) const {
    const array_type& in = array();
    const hash_seed seed = in.seed();
    const unsigned shift = in.shift();
    const forwarding_bucket* const buckets = in.buckets();

    std::array<const forwarding_bucket*, bulk_capacity> at;
    for (unsigned i = 0; i < count; ++i) {
        const std::uint64_t key = keys[i].raw();
        at[i] = key == 0 ? &no_bucket : buckets + (seed.hash(key) >> shift);
        __builtin_prefetch(at[i]);
    }

    // Keys not in their home bucket are gathered for later, without a branch for each.
    std::array<std::uint8_t, bulk_capacity> missed;
    unsigned missed_count = 0;
    for (unsigned i = 0; i < count; ++i) {
        const unsigned mask = match(*at[i], keys[i].raw());
        // For a key that is missing, any value will do for the moment.
        found[i] = forwarding_value::from_raw(value_at(*at[i], mask | 1U << (forwarding_bucket::slots - 1)));
        missed[missed_count] = static_cast<std::uint8_t>(i);
        missed_count += static_cast<unsigned>(mask == 0);
    }

    for (unsigned m = 0; m < missed_count; ++m) {
        const unsigned i = missed[m];
        found[i] = forwarding_value();
        at[i] = in.next(*at[i]);
        __builtin_prefetch(at[i]);
    }
    for (unsigned m = 0; m < missed_count; ++m) {
        const unsigned i = missed[m];
        for (const forwarding_bucket* bucket = at[i]; bucket != nullptr; bucket = in.next(*bucket)) {
            if (const unsigned mask = match(*bucket, keys[i].raw()); mask != 0) {
                found[i] = forwarding_value::from_raw(value_at(*bucket, mask));
                break;
            }
        }
    }
}

}  // namespace waggle
