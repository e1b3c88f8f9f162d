#include "dataplane/packet/checksum.hh"

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace waggle {
namespace {

template <typename T>
T load(const std::uint8_t* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

// A 64-bit word counts as its two halves: 2^32 is 1 modulo 65535, and the sum can't overflow.
template <bool copy>
checksum_sum run(std::uint8_t* to, const std::uint8_t* from, std::size_t length, checksum_sum sum) {
    const auto step = [&](auto value) {
        if constexpr (copy) {
            std::memcpy(to, &value, sizeof value);
            to += sizeof value;
        }
        from += sizeof value;
        return sizeof value;
    };
#ifdef __AVX2__
    if (length >= 64) {
        const __m256i low_half = _mm256_set1_epi64x(0xffff'ffff);
        __m256i low = _mm256_setzero_si256();
        __m256i high = _mm256_setzero_si256();
        do {
            const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
            const __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 32));
            low = _mm256_add_epi64(low, _mm256_and_si256(first, low_half));
            high = _mm256_add_epi64(high, _mm256_srli_epi64(first, 32));
            low = _mm256_add_epi64(low, _mm256_and_si256(second, low_half));
            high = _mm256_add_epi64(high, _mm256_srli_epi64(second, 32));
            if constexpr (copy) {
                _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), first);
                _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 32), second);
                to += 64;
            }
            from += 64;
            length -= 64;
        } while (length >= 64);
        low = _mm256_add_epi64(low, high);
        const __m128i pair = _mm_add_epi64(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
        sum += static_cast<std::uint64_t>(_mm_cvtsi128_si64(pair)) +
               static_cast<std::uint64_t>(_mm_extract_epi64(pair, 1));
    }
#endif
    while (length >= 8) {
        const auto word = load<std::uint64_t>(from);
        sum += (word & 0xffff'ffffU) + (word >> 32);
        length -= step(word);
    }
    if (length >= 4) {
        const auto word = load<std::uint32_t>(from);
        sum += word;
        length -= step(word);
    }
    if (length >= 2) {
        const auto word = load<std::uint16_t>(from);
        sum += word;
        length -= step(word);
    }
    if (length == 1) {
        const std::uint8_t last[2] = {*from, 0};
        sum += load<std::uint16_t>(last);
        step(*from);
    }
    return sum;
}

}  // namespace

checksum_sum checksum_add(const void* data, std::size_t length, checksum_sum sum) {
    return run<false>(nullptr, static_cast<const std::uint8_t*>(data), length, sum);
}

checksum_sum checksum_copy(void* destination, const void* source, std::size_t length, checksum_sum sum) {
    return run<true>(static_cast<std::uint8_t*>(destination), static_cast<const std::uint8_t*>(source),
                     length, sum);
}

}  // namespace waggle
