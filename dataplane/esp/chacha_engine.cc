#include "dataplane/esp/chacha_engine.hh"

#include <cstring>
#include <intel-ipsec-mb.h>
#include <sodium.h>
#include <string>

#include "dataplane/esp/ipsec_mb.hh"

namespace waggle::esp {
namespace {

constexpr std::size_t expanded_key_length = crypto_aead_chacha20poly1305_ietf_KEYBYTES;
static_assert(expanded_key_length == 32 && crypto_aead_chacha20poly1305_ietf_NPUBBYTES == 12 &&
              crypto_aead_chacha20poly1305_ietf_ABYTES == 16);

void expand(const std::uint8_t* key, void* expanded) {
    std::memcpy(expanded, key, expanded_key_length);
}

void seal_by_sodium(const void* expanded, const aead_packet& packet, unsigned) {
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        packet.text, packet.icv, nullptr, packet.text, packet.length, packet.additional,
        packet.additional_length, nullptr, packet.nonce, static_cast<const std::uint8_t*>(expanded));
}

bool open_by_sodium(const void* expanded, const aead_packet& packet, unsigned) {
    // Compares in constant time, before it decrypts.
    return crypto_aead_chacha20poly1305_ietf_decrypt_detached(
               packet.text, nullptr, packet.text, packet.length, packet.icv, packet.additional,
               packet.additional_length, packet.nonce, static_cast<const std::uint8_t*>(expanded)) == 0;
}

constexpr aead_engine sodium_engine{.name = "libsodium",
                                    .cipher = aead_cipher::chacha20_poly1305,
                                    .expanded_length = expanded_key_length,
                                    .expand = expand,
                                    .seal = seal_by_sodium,
                                    .open = open_by_sodium};

/// Holds a packet's Poly1305 key and key stream, which nobody needs to find on the stack later.
struct context {
    chacha20_poly1305_context_data data;
    context() = default;
    ~context() { sodium_memzero(&data, sizeof data); }
    context(const context&) = delete;
    context& operator=(const context&) = delete;
};

/// The functions of an engine of libipsec-mb: the library's own are looked up once.
template <instruction_set Level>
struct ipsec_mb_chacha {
    static inline chacha_poly_init_t start = nullptr;
    static inline chacha_poly_enc_dec_update_t encrypt = nullptr;
    static inline chacha_poly_enc_dec_update_t decrypt = nullptr;
    static inline chacha_poly_finalize_t finish = nullptr;

    static void seal(const void* key, const aead_packet& packet, unsigned icv_length) {
        context with;
        start(key, &with.data, packet.nonce, packet.additional, packet.additional_length);
        encrypt(key, &with.data, packet.text, packet.text, packet.length);
        finish(&with.data, packet.icv, icv_length);
    }
    static bool open(const void* key, const aead_packet& packet, unsigned icv_length) {
        context with;
        alignas(16) std::uint8_t computed[16];
        start(key, &with.data, packet.nonce, packet.additional, packet.additional_length);
        decrypt(key, &with.data, packet.text, packet.text, packet.length);
        finish(&with.data, computed, icv_length);
        return is_same_tag(computed, packet.icv, icv_length);
    }

    static const aead_engine* engine() {
        static const aead_engine* const only = []() -> const aead_engine* {
            const IMB_MGR* library = ipsec_mb_manager(Level);
            if (library == nullptr) return nullptr;
            start = library->chacha20_poly1305_init;
            encrypt = library->chacha20_poly1305_enc_update;
            decrypt = library->chacha20_poly1305_dec_update;
            finish = library->chacha20_poly1305_finalize;
            static constexpr aead_engine made{.name = ipsec_mb_name(Level),
                                              .cipher = aead_cipher::chacha20_poly1305,
                                              .expanded_length = expanded_key_length,
                                              .expand = expand,
                                              .seal = seal,
                                              .open = open};
            return &made;
        }();
        return only;
    }
};

const aead_engine* ipsec_mb_engine(instruction_set level) {
    return level == instruction_set::avx512 ? ipsec_mb_chacha<instruction_set::avx512>::engine()
                                            : ipsec_mb_chacha<instruction_set::avx2>::engine();
}

}  // namespace

result<const aead_engine*> find_chacha_engine(instruction_set level) {
    // Chooses libsodium's own code for this CPU.
    if (sodium_init() < 0) return error{"libsodium can't start: is there a source of randomness?"};
    const bool any = level == instruction_set::automatic;
    for (const instruction_set each : {instruction_set::avx512, instruction_set::avx2}) {
        if (!any && level != each) continue;
        if (const aead_engine* found = ipsec_mb_engine(each)) return found;
        if (!any)
            return error{"this CPU can't run '" + std::string(ipsec_mb_name(each)) +
                         "': choose another instruction set with WAGGLE_CRYPTO, or none"};
    }
    return &sodium_engine;
}

}  // namespace waggle::esp
