#pragma once

#include <cstdint>
#include <nmmintrin.h>

#include "common/byte_order.hh"

namespace waggle {

/// One more word into the hash of a flow: CRC-32C, an instruction each. It spreads flows, it does not hide
/// from who makes them where they go.
inline std::uint32_t hash_word(std::uint32_t hash, std::uint64_t word) {
    return static_cast<std::uint32_t>(_mm_crc32_u64(hash, word));
}

/// What hash_word() starts from.
inline constexpr std::uint32_t hash_start = 0xffff'ffff;

/// Outer UDP source port for a flow: 49152 to 65535 (RFC 7348 section 5), so that routers on the way spread
/// flows and keep each in order.
constexpr be16 source_port(std::uint32_t flow_hash) {
    // The two highest bits of the port are those of the byte that goes first.
    return be16::from_raw(static_cast<std::uint16_t>(flow_hash | be16(0xc000).raw()));
}

}  // namespace waggle
