#pragma once

#include <cstddef>
#include <cstdint>

#include "common/byte_order.hh"
#include "common/spi.hh"

namespace waggle {

/// What an ESP packet starts with, RFC 4303 section 2, and the 8-byte IV of RFC 4106 section 3 and RFC 7634
/// section 2.
struct [[gnu::may_alias]] esp_header {
    be32 index;
    /// The low half, with extended sequence numbers.
    be32 sequence;
    be64 iv;

    spi security_parameters_index() const { return spi(index.host()); }
};
static_assert(sizeof(esp_header) == 16 && alignof(esp_header) == 1);

/// The last two bytes of the encrypted part, after the padding.
struct [[gnu::may_alias]] esp_trailer {
    std::uint8_t pad_length;
    std::uint8_t next_header;
};
static_assert(sizeof(esp_trailer) == 2 && alignof(esp_trailer) == 1);

/// The encrypted part ends on a multiple of it, RFC 4303 section 2.4.
inline constexpr std::size_t esp_alignment = 4;
/// UDP port of encapsulated ESP, RFC 3948.
inline constexpr std::uint16_t esp_in_udp_port = 4500;

}  // namespace waggle
