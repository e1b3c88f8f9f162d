#include "control/gossip/keyring/sealing.hh"

#include <algorithm>

namespace waggle::gossip {

namespace {

constexpr std::uint8_t encrypt_type = 10;
constexpr std::size_t block_size = 16;

}  // namespace

bytes seal(const aead_key& key, const nonce& iv, sealing_version version, byte_view additional,
           byte_view message) {
    bytes out;
    out.reserve(sealing_overhead + message.size() + block_size);
    out.push_back(static_cast<std::uint8_t>(version));
    append(out, iv);
    if (version == sealing_version::plain) {
        key.seal(iv, additional, message, out);
    } else {
        bytes padded = copy_of(message);
        const std::size_t more = block_size - message.size() % block_size;
        padded.insert(padded.end(), more, static_cast<std::uint8_t>(more));
        key.seal(iv, additional, padded, out);
    }
    return out;
}

bytes seal_frame(const aead_key& key, const nonce& iv, byte_view message) {
    const std::size_t size = sealing_overhead + message.size();
    bytes frame{encrypt_type, static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
                static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    const bytes header = frame;
    frame.reserve(frame_header_size + size);
    frame.push_back(static_cast<std::uint8_t>(sealing_version::plain));
    append(frame, iv);
    key.seal(iv, header, message, frame);
    return frame;
}

result<sealed_parts> split_sealed(byte_view message) {
    if (message.size() < sealing_overhead) return error{"it is too short to be sealed"};
    if (message[0] > 1) return error{"it is not sealed, or with an unknown version"};
    sealed_parts parts{static_cast<sealing_version>(message[0]), {}, message.subspan(1 + nonce_size)};
    std::copy_n(message.begin() + 1, nonce_size, parts.iv.begin());
    return parts;
}

bool unseal(const aead_key& key, const sealed_parts& parts, byte_view additional, bytes& out) {
    const std::size_t start = out.size();
    if (!key.open(parts.iv, additional, parts.sealed, out)) return false;
    if (parts.version == sealing_version::plain) return true;
    const std::size_t size = out.size() - start;
    const std::size_t padding = size == 0 ? 0 : out.back();
    if (size % block_size != 0 || padding == 0 || padding > block_size || padding > size) {
        out.resize(start);
        return false;
    }
    out.resize(out.size() - padding);
    return true;
}

result<std::size_t> frame_length(byte_view header) {
    if (header.size() < frame_header_size || header[0] != encrypt_type)
        return error{"the stream is not encrypted"};
    const std::size_t size =
        std::size_t{header[1]} << 24 | std::size_t{header[2]} << 16 | std::size_t{header[3]} << 8 | header[4];
    if (size < sealing_overhead) return error{"the stream's frame is too short to be sealed"};
    if (size > frame_limit)
        return error{"the stream's frame of " + std::to_string(size) + " bytes is longer than allowed"};
    return size;
}

}  // namespace waggle::gossip
