#pragma once

#include "tests/support/packet_builder.hh"

namespace waggle::test {

enum class esp_cipher { aes_gcm, chacha20_poly1305 };

/// What two ends of ESP agreed on, for tests.
struct esp_keys {
    std::uint32_t spi = 0x1000;
    esp_cipher cipher = esp_cipher::aes_gcm;
    /// 16 or 32 bytes.
    bytes key = pattern(16);
    bytes salt{0xa0, 0xa1, 0xa2, 0xa3};
    std::size_t icv_length = 8;
    bool extended = false;
};

/// `plain` and RFC 4303's padding 1, 2, 3 ..., its length and the next header, to a multiple of 4 bytes.
bytes esp_padded(const bytes& plain, std::uint8_t next_header = 17);
/// ESP header, IV, `text` (trailer included) encrypted, and ICV; RFC 4303, 4106, 7634. By OpenSSL.
bytes esp_sealed(const esp_keys& keys, std::uint64_t sequence, std::uint64_t iv, const bytes& text);

/// How a tunnelled packet of ESP looks: ESP in UDP if `udp_port` is not 0 (from and to it).
struct esp_outer {
    outer_fields outer;
    std::uint64_t sequence = 1;
    std::uint64_t iv = 0x1122'3344'5566'7788;
    std::uint16_t udp_port = 0;
};
/// Around what the tests' tunnelled() puts into the packet.
bytes esp_tunnelled(const esp_outer& outer, const esp_keys& keys, std::uint32_t vni, const bytes& frame);
/// An IP packet with `content` as its ESP packet.
bytes esp_packet(const esp_outer& outer, const bytes& content);

}  // namespace waggle::test
