#pragma once

#include <bit>
#include <compare>
#include <cstdint>

namespace waggle {

/// An unsigned integer in network byte order, as it lies in a packet. Alignment 1 comes from the packed
/// wire structs that hold it; arithmetic is only possible after host().
template <typename T>
class [[gnu::packed]] big_endian {
public:
    constexpr big_endian() = default;
    constexpr explicit big_endian(T host_value) : _raw(swap(host_value)) {}

    /// The value in host byte order.
    constexpr T host() const { return swap(_raw); }
    /// The bytes as they lie in memory, for checksum arithmetic and comparison.
    constexpr T raw() const { return _raw; }
    static constexpr big_endian from_raw(T raw) {
        big_endian value;
        value._raw = raw;
        return value;
    }
    friend constexpr bool operator==(big_endian a, big_endian b) { return a._raw == b._raw; }

private:
    static constexpr T swap(T value) {
        if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) return value;
        if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(value));
        if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(value));
        if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(value));
    }
    T _raw = 0;
};

using be16 = big_endian<std::uint16_t>;
using be32 = big_endian<std::uint32_t>;
using be64 = big_endian<std::uint64_t>;

static_assert(sizeof(be16) == 2 && sizeof(be32) == 4 && sizeof(be64) == 8);
static_assert(alignof(be32) == 1);

}  // namespace waggle
