#pragma once

#include <cstdint>

#include "dataplane/esp/verdict.hh"
#include "dataplane/packet/esp.hh"
#include "dataplane/packet/words.hh"

namespace waggle::esp {

/// What an authentic packet holds: its verdict and the payload's length, if there is one.
struct content {
    open_verdict verdict;
    std::uint32_t length;
};

/// Reads a trailer of any padding (RFC 4303 sections 2.4 to 2.6). `text`: as decrypted, `length` bytes, at
/// least those of the trailer, with the IV before it.
content read_trailer(const std::uint8_t* text, std::uint32_t length);

/// The last 8 bytes of a text with UDP inside and no more padding than needed, and which of them count.
struct usual_trailer {
    std::uint64_t bytes;
    std::uint64_t mask;
};
inline constexpr usual_trailer usual_trailers[esp_alignment]{
    {0x1100'0000'0000'0000, 0xffff'0000'0000'0000},
    {0x1101'0100'0000'0000, 0xffff'ff00'0000'0000},
    {0x1102'0201'0000'0000, 0xffff'ffff'0000'0000},
    {0x1103'0302'0100'0000, 0xffff'ffff'ff00'0000},
};

/// The same, at once for what peers usually send: how long the padding is varies from packet to packet, so
/// that a loop over it would be mispredicted.
inline content read_content(const std::uint8_t* text, std::uint32_t length) {
    const auto last = load_word<std::uint64_t>(text + length - sizeof(std::uint64_t));
    const auto padding = static_cast<std::uint32_t>(last >> 48 & 0xff);
    const std::uint32_t rest = length - static_cast<std::uint32_t>(sizeof(esp_trailer));
    if (padding >= esp_alignment || padding > rest) return read_trailer(text, length);
    const usual_trailer& usual = usual_trailers[padding];
    if ((last & usual.mask) != usual.bytes) return read_trailer(text, length);
    return {open_verdict::opened, rest - padding};
}

}  // namespace waggle::esp
