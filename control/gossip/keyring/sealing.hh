#pragma once

#include <cstdint>

#include "control/gossip/core/bytes.hh"
#include "control/gossip/keyring/aead_key.hh"

namespace waggle::gossip {

/// The two layouts of a sealed message: version byte, nonce, ciphertext, tag. Version 0 pads the plain text
/// to 16 bytes after PKCS#7; it is read, but never written by current engines.
enum class sealing_version : std::uint8_t { padded = 0, plain = 1 };

/// Bytes that sealing with version 1 adds.
inline constexpr std::size_t sealing_overhead = 1 + nonce_size + tag_size;
/// A stream's frame: type byte (encrypt) and length of what follows in network byte order. Together they
/// are also the additional data of the seal.
inline constexpr std::size_t frame_header_size = 5;
/// The longest frame that stock engines take.
inline constexpr std::size_t frame_limit = std::size_t{20} << 20;

/// Seals a message with a nonce that was never used with this key.
bytes seal(const aead_key& key, const nonce& iv, sealing_version version, byte_view additional,
           byte_view message);

/// A whole frame for a stream.
bytes seal_frame(const aead_key& key, const nonce& iv, byte_view message);

/// The parts of a sealed message as they lie.
struct sealed_parts {
    sealing_version version;
    nonce iv;
    byte_view sealed;
};
/// Fails on an unknown version or too few bytes.
result<sealed_parts> split_sealed(byte_view message);

/// False if the seal is not this key's, or the padding of version 0 is wrong; `out` is then as it was.
bool unseal(const aead_key& key, const sealed_parts& parts, byte_view additional, bytes& out);

/// The length that a frame's header tells, or why it is none.
result<std::size_t> frame_length(byte_view header);

}  // namespace waggle::gossip
