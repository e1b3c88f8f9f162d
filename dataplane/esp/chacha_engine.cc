#include "dataplane/esp/chacha_engine.hh"

#include <cstring>
#include <sodium.h>

namespace waggle::esp {
namespace {

constexpr std::size_t expanded_key_length = crypto_aead_chacha20poly1305_ietf_KEYBYTES;
static_assert(expanded_key_length == 32 && crypto_aead_chacha20poly1305_ietf_NPUBBYTES == 12 &&
              crypto_aead_chacha20poly1305_ietf_ABYTES == 16);

void expand(const std::uint8_t* key, void* expanded) {
    std::memcpy(expanded, key, expanded_key_length);
}

void seal(const void* expanded, aead_packet* packets, unsigned count, unsigned) {
    const auto* key = static_cast<const std::uint8_t*>(expanded);
    for (unsigned i = 0; i < count; ++i) {
        const aead_packet& packet = packets[i];
        crypto_aead_chacha20poly1305_ietf_encrypt_detached(
            packet.text, packet.icv, nullptr, packet.text, packet.length, packet.additional,
            packet.additional_length, nullptr, packet.nonce, key);
    }
}

std::uint64_t open(const void* expanded, const aead_packet* packets, unsigned count, unsigned) {
    const auto* key = static_cast<const std::uint8_t*>(expanded);
    std::uint64_t authentic = 0;
    for (unsigned i = 0; i < count; ++i) {
        const aead_packet& packet = packets[i];
        // Compares in constant time, before it decrypts.
        const int failed = crypto_aead_chacha20poly1305_ietf_decrypt_detached(
            packet.text, nullptr, packet.text, packet.length, packet.icv, packet.additional,
            packet.additional_length, packet.nonce, key);
        authentic |= std::uint64_t{failed == 0} << i;
    }
    return authentic;
}

constexpr aead_engine engine{.name = "libsodium",
                             .cipher = aead_cipher::chacha20_poly1305,
                             .expanded_length = expanded_key_length,
                             .expand = expand,
                             .seal = seal,
                             .open = open};

}  // namespace

const aead_engine* find_chacha_engine() {
    // Chooses libsodium's own code for this CPU.
    return sodium_init() < 0 ? nullptr : &engine;
}

}  // namespace waggle::esp
