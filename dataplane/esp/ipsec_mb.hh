#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "dataplane/esp/aead.hh"

struct IMB_MGR;

namespace waggle::esp {

/// The instruction sets that libipsec-mb has code for, best first.
inline constexpr std::array instruction_sets{instruction_set::avx512, instruction_set::avx2,
                                             instruction_set::avx, instruction_set::sse};

/// The library's functions for one instruction set; null if this CPU lacks it. Lives as long as the process:
/// the direct functions only read it.
const IMB_MGR* ipsec_mb_manager(instruction_set level);

/// "ipsec-mb avx2" ...
constexpr std::string_view ipsec_mb_name(instruction_set level) {
    switch (level) {
        case instruction_set::avx512:
            return "ipsec-mb avx512";
        case instruction_set::avx2:
            return "ipsec-mb avx2";
        case instruction_set::avx:
            return "ipsec-mb avx";
        default:
            return "ipsec-mb sse";
    }
}

/// True if two tags of `length` bytes, 8 to 16, are equal. The library does not compare. Without branches:
/// the time tells nothing of where they differ.
inline bool is_same_tag(const std::uint8_t* computed, const std::uint8_t* received, unsigned length) {
    // The two ends, overlapping.
    std::uint64_t first[2];
    std::uint64_t last[2];
    std::memcpy(&first[0], computed, sizeof first[0]);
    std::memcpy(&first[1], received, sizeof first[1]);
    std::memcpy(&last[0], computed + length - sizeof last[0], sizeof last[0]);
    std::memcpy(&last[1], received + length - sizeof last[1], sizeof last[1]);
    return ((first[0] ^ first[1]) | (last[0] ^ last[1])) == 0;
}

}  // namespace waggle::esp
