#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "common/result.hh"
#include "dataplane/esp/security_association.hh"

/// What the benchmarks of ESP have in common.
namespace waggle::bench {

/// A cipher with its ICV, named as in "seal_encapsulate/aes128gcm8/64".
struct esp_suite {
    std::string_view name;
    esp::aead_cipher cipher;
    std::uint8_t icv_length;
};
inline constexpr std::array esp_suites{
    esp_suite{"aes128gcm8", esp::aead_cipher::aes_128_gcm, 8},
    esp_suite{"aes256gcm16", esp::aead_cipher::aes_256_gcm, 16},
    esp_suite{"chacha20poly1305", esp::aead_cipher::chacha20_poly1305, 16},
};

/// Bytes of the inner Ethernet frame. What the cipher sees has UDP and VXLAN header, padding and trailer
/// more.
inline constexpr std::array<std::size_t, 3> esp_frame_lengths{64, 512, 1400};
/// UDP and VXLAN header in front of a frame.
inline constexpr std::size_t esp_tunnel_headers = 16;

inline std::string esp_name(std::string_view what, const esp_suite& suite, std::size_t frame_length) {
    return std::string(what) + "/" + std::string(suite.name) + "/" + std::to_string(frame_length);
}

/// Both ends of a suite; the docker profile's SAs have no extended sequence numbers, the others have.
inline esp::association_parameters esp_parameters(const esp_suite& suite, std::uint32_t index = 0x1000) {
    static constexpr std::array<std::uint8_t, 32> key{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    return {.cipher = suite.cipher,
            .icv_length = suite.icv_length,
            .extended_sequence = suite.icv_length == 16,
            .index = spi(index),
            .key = std::span(key).first(esp::key_length(suite.cipher)),
            .salt = {1, 2, 3, 4}};
}

/// A benchmark ends with an exception that tells.
template <typename T>
T esp_must(result<T> made) {
    if (!made) throw std::runtime_error(made.failure().message);
    return *std::move(made);
}

}  // namespace waggle::bench
