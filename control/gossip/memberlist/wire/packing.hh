#pragma once

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"

namespace waggle::gossip::wire {

/// The most a peer's compressed datagram, or stream, may become.
inline constexpr std::size_t packet_unpacked_limit = std::size_t{64} << 10;
inline constexpr std::size_t stream_unpacked_limit = std::size_t{64} << 20;

/// The message inside a compress message, always.
bytes compress_message(byte_view message);
/// For datagrams: compressed if that makes it shorter, otherwise as it is.
bytes pack(bytes message);

/// CRC-32 (IEEE 802.3) in front of a message, as stock engines do towards peers that speak version 5.
bytes add_crc(byte_view message);

/// The way back: takes off and checks a CRC (one at most), decompresses (once at most). The message that
/// comes out has a type byte.
result<bytes> unpack(byte_view message, std::size_t limit);

}  // namespace waggle::gossip::wire
