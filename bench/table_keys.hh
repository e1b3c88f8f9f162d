#pragma once

#include <bit>
#include <cstdint>

#include "dataplane/table/forwarding_entry.hh"

namespace waggle::bench {

/// Key of the MAC that Docker derives from address 10.0.0.0 + n, on overlay 1. Cheap enough to be made for
/// each lookup, so that the access is random without a list of keys competing for the cache.
inline forwarding_key key_number(std::uint32_t n) {
    const std::uint64_t ip = __builtin_bswap32(0x0a00'0000 + n);
    return forwarding_key::from_raw(std::uint64_t{1} << 48 | ip << 16 | 0x4202);
}

}  // namespace waggle::bench
