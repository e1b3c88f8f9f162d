#pragma once

#include <cstdint>

#include "common/byte_order.hh"

namespace waggle {

/// TCP header without options, RFC 9293 section 3.1.
struct [[gnu::may_alias]] tcp_header {
    be16 source_port;
    be16 destination_port;
    be32 sequence;
    be32 acknowledgement;
    /// Header length in 32-bit words in the high 4 bits.
    std::uint8_t data_offset;
    std::uint8_t flags;
    be16 window;
    be16 checksum;
    be16 urgent;

    /// Bytes, options included; below 20 is malformed.
    unsigned header_length() const { return (data_offset >> 4) * 4U; }
};
static_assert(sizeof(tcp_header) == 20 && alignof(tcp_header) == 1);

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t psh = 0x08;
inline constexpr std::uint8_t ack = 0x10;
inline constexpr std::uint8_t urg = 0x20;
inline constexpr std::uint8_t ece = 0x40;
inline constexpr std::uint8_t cwr = 0x80;
}  // namespace tcp_flag

}  // namespace waggle
