#pragma once

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"

namespace waggle::gossip::lzw {

/// LZW as Go's compress/lzw writes and reads it (least significant bit first, 8-bit literals): the flavour of
/// GIF, codes of 9 to 12 bits, 256 clears, 257 ends.
bytes compress(byte_view plain);

/// Fails on an invalid code, a missing end code, and on more than `limit` bytes of output.
result<bytes> decompress(byte_view packed, std::size_t limit);

}  // namespace waggle::gossip::lzw
