#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/result.hh"

namespace waggle::esp {

/// The ciphers of ESP that Waggle speaks: RFC 4106 (GCM) and RFC 7634.
enum class aead_cipher : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };

inline constexpr std::size_t aead_cipher_count = 3;
inline constexpr std::size_t aead_salt_length = 4;

constexpr std::size_t key_length(aead_cipher cipher) {
    return cipher == aead_cipher::aes_128_gcm ? 16 : 32;
}

/// GCM tags may be cut to 8 or 12 bytes (RFC 4106 section 6), Poly1305's may not (RFC 7634 section 2).
constexpr bool icv_length_allowed(aead_cipher cipher, std::size_t length) {
    if (cipher == aead_cipher::chacha20_poly1305) return length == 16;
    return length == 8 || length == 12 || length == 16;
}

/// "aes128gcm", "aes256gcm", "chacha20poly1305".
std::string_view name_of(aead_cipher cipher);

/// One packet as an engine sees it; everything in place.
struct aead_packet {
    /// Plaintext to seal or ciphertext to open, and its length in bytes.
    std::uint8_t* text;
    std::uint32_t length;
    /// 8, or 12 with extended sequence numbers.
    std::uint32_t additional_length;
    const std::uint8_t* additional;
    /// Written by seal, compared by open. 8 to 16 bytes as the call says.
    std::uint8_t* icv;
    /// Salt and IV. 12 bytes, the rest of the 16 is scratch.
    alignas(16) std::uint8_t nonce[16];
    /// SPI, high and low half of an extended sequence number (RFC 4303 section 2.2.1), where `additional`
    /// points if the SA has them. 12 bytes, the rest is scratch.
    alignas(16) std::uint8_t extended_additional[16];
};
static_assert(sizeof(aead_packet) == 64);

/// An implementation of one cipher: plain functions over an expanded key, for a packet at a time: what its
/// caller does for the next packet then fits into slots that the cipher leaves the CPU (seal_run.hh). A
/// faster implementation is one more of these, named in aead.cc.
struct aead_engine {
    /// "ipsec-mb avx2", "libsodium" ...
    std::string_view name;
    aead_cipher cipher;
    /// Bytes of an expanded key (round keys, hash powers); at an address that is a multiple of 64.
    std::size_t expanded_length;
    /// `key` is key_length(cipher) bytes.
    void (*expand)(const std::uint8_t* key, void* expanded);
    /// Encrypts the text in place and writes its ICV of `icv_length` bytes.
    void (*seal)(const void* expanded, const aead_packet& packet, unsigned icv_length);
    /// Decrypts the text in place and compares its ICV in constant time. True: it is authentic; if not, the
    /// text is undefined and must not be looked at.
    bool (*open)(const void* expanded, const aead_packet& packet, unsigned icv_length);
};

/// Instruction set that an engine is to use; `automatic` takes the best that the CPU has.
enum class instruction_set : std::uint8_t { automatic, avx512, avx2, avx, sse };

/// Reads "auto", "avx512", "avx2", "avx" or "sse".
result<instruction_set> parse_instruction_set(std::string_view text);

/// The engine for `cipher` on this CPU. An error if the CPU lacks what `wanted` asks for. The engine lives
/// as long as the process. Control path, any thread.
result<const aead_engine*> find_engine(aead_cipher cipher,
                                       instruction_set wanted = instruction_set::automatic);

/// The same, with the environment's choice: WAGGLE_CRYPTO=auto|avx512|avx2|avx|sse.
result<const aead_engine*> default_engine(aead_cipher cipher);

}  // namespace waggle::esp
