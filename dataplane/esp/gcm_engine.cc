#include "dataplane/esp/gcm_engine.hh"

#include <intel-ipsec-mb.h>
#include <string>

#include "dataplane/esp/ipsec_mb.hh"

namespace waggle::esp {
namespace {

/// The functions of an engine: the library's own are looked up once, by kind.
template <aead_cipher Cipher, instruction_set Level>
struct gcm {
    static inline aes_gcm_pre_t precompute = nullptr;
    static inline aes_gcm_enc_dec_t encrypt = nullptr;
    static inline aes_gcm_enc_dec_t decrypt = nullptr;

    static void expand(const std::uint8_t* key, void* expanded) {
        precompute(key, static_cast<gcm_key_data*>(expanded));
    }

    static void seal(const void* expanded, const aead_packet& packet, unsigned icv_length) {
        gcm_context_data context;
        encrypt(static_cast<const gcm_key_data*>(expanded), &context, packet.text, packet.text, packet.length,
                packet.nonce, packet.additional, packet.additional_length, packet.icv, icv_length);
    }

    static bool open(const void* expanded, const aead_packet& packet, unsigned icv_length) {
        gcm_context_data context;
        alignas(16) std::uint8_t computed[16];
        decrypt(static_cast<const gcm_key_data*>(expanded), &context, packet.text, packet.text, packet.length,
                packet.nonce, packet.additional, packet.additional_length, computed, icv_length);
        return is_same_tag(computed, packet.icv, icv_length);
    }

    static const aead_engine* engine() {
        static const aead_engine* const only = []() -> const aead_engine* {
            const IMB_MGR* library = ipsec_mb_manager(Level);
            if (library == nullptr) return nullptr;
            constexpr bool is_128 = Cipher == aead_cipher::aes_128_gcm;
            precompute = is_128 ? library->gcm128_pre : library->gcm256_pre;
            encrypt = is_128 ? library->gcm128_enc : library->gcm256_enc;
            decrypt = is_128 ? library->gcm128_dec : library->gcm256_dec;
            static const aead_engine made{.name = ipsec_mb_name(Level),
                                          .cipher = Cipher,
                                          .expanded_length = sizeof(gcm_key_data),
                                          .expand = expand,
                                          .seal = seal,
                                          .open = open};
            return &made;
        }();
        return only;
    }
};

template <aead_cipher Cipher>
const aead_engine* engine_for(instruction_set level) {
    switch (level) {
        case instruction_set::avx512:
            return gcm<Cipher, instruction_set::avx512>::engine();
        case instruction_set::avx2:
            return gcm<Cipher, instruction_set::avx2>::engine();
        case instruction_set::avx:
            return gcm<Cipher, instruction_set::avx>::engine();
        default:
            return gcm<Cipher, instruction_set::sse>::engine();
    }
}

}  // namespace

result<const aead_engine*> find_gcm_engine(aead_cipher cipher, instruction_set level) {
    const aead_engine* found = cipher == aead_cipher::aes_128_gcm
                                   ? engine_for<aead_cipher::aes_128_gcm>(level)
                                   : engine_for<aead_cipher::aes_256_gcm>(level);
    if (found == nullptr)
        return error{"this CPU can't run '" + std::string(ipsec_mb_name(level)) +
                     "': choose another instruction set with WAGGLE_CRYPTO, or none"};
    return found;
}

result<instruction_set> best_instruction_set() {
    for (const instruction_set level : instruction_sets)
        if (ipsec_mb_manager(level) != nullptr) return level;
    return error{
        "this CPU has no AES instructions: encrypted overlays need AES-NI and PCLMULQDQ, or "
        "ChaCha20-Poly1305"};
}

}  // namespace waggle::esp
