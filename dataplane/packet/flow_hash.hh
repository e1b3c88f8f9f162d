#pragma once

#include <cstdint>

namespace waggle {

/// Folds the 128-bit product of two keyed words: one multiplication mixes 16 bytes.
constexpr std::uint64_t mix_words(std::uint64_t a, std::uint64_t b) {
    __extension__ using wide = unsigned __int128;
    const wide product = wide{a ^ 0xa076'1d64'78bd'642fU} * (b ^ 0xe703'7ed1'a0b4'28dbU);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Outer UDP source port for a flow: 49152 to 65535 (RFC 7348 section 5), so that routers on the way spread
/// flows and keep each in order.
constexpr std::uint16_t source_port(std::uint32_t flow_hash) {
    return static_cast<std::uint16_t>(49152U | (flow_hash & 0x3fffU));
}

}  // namespace waggle
