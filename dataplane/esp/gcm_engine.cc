#include "dataplane/esp/gcm_engine.hh"

#include <array>
#include <cstring>
#include <intel-ipsec-mb.h>
#include <string>

namespace waggle::esp {
namespace {

constexpr std::array levels{instruction_set::avx512, instruction_set::avx2, instruction_set::avx,
                            instruction_set::sse};

constexpr std::uint64_t features_of(instruction_set level) {
    switch (level) {
        case instruction_set::avx512:
            return IMB_CPUFLAGS_AVX512;
        case instruction_set::avx2:
            return IMB_CPUFLAGS_AVX2;
        case instruction_set::avx:
            return IMB_CPUFLAGS_AVX;
        default:
            return IMB_CPUFLAGS_SSE;
    }
}

constexpr std::string_view engine_name(instruction_set level) {
    switch (level) {
        case instruction_set::avx512:
            return "ipsec-mb avx512";
        case instruction_set::avx2:
            return "ipsec-mb avx2";
        case instruction_set::avx:
            return "ipsec-mb avx";
        default:
            return "ipsec-mb sse";
    }
}

/// The library's functions for one instruction set; null if this CPU lacks it. Lives as long as the process:
/// the direct functions only read it.
IMB_MGR* manager(instruction_set level) {
    const auto make = [](instruction_set wanted) -> IMB_MGR* {
        IMB_MGR* made = alloc_mb_mgr(0);
        if (made == nullptr) return nullptr;
        if ((made->features & features_of(wanted)) != features_of(wanted)) {
            free_mb_mgr(made);
            return nullptr;
        }
        switch (wanted) {
            case instruction_set::avx512:
                init_mb_mgr_avx512(made);
                break;
            case instruction_set::avx2:
                init_mb_mgr_avx2(made);
                break;
            case instruction_set::avx:
                init_mb_mgr_avx(made);
                break;
            default:
                init_mb_mgr_sse(made);
        }
        return made;
    };
    static const std::array<IMB_MGR*, levels.size()> managers{make(levels[0]), make(levels[1]),
                                                              make(levels[2]), make(levels[3])};
    for (std::size_t i = 0; i < levels.size(); ++i)
        if (levels[i] == level) return managers[i];
    return nullptr;
}

/// The two ends of a tag of 8 to 16 bytes, overlapping.
struct tag_halves {
    std::uint64_t first;
    std::uint64_t last;
    tag_halves(const std::uint8_t* tag, unsigned length) {
        std::memcpy(&first, tag, sizeof first);
        std::memcpy(&last, tag + length - sizeof last, sizeof last);
    }
};

/// The functions of an engine: the library's own are looked up once, by kind.
template <aead_cipher Cipher, instruction_set Level>
struct gcm {
    static inline aes_gcm_pre_t precompute = nullptr;
    static inline aes_gcm_enc_dec_t encrypt = nullptr;
    static inline aes_gcm_enc_dec_t decrypt = nullptr;

    static void expand(const std::uint8_t* key, void* expanded) {
        precompute(key, static_cast<gcm_key_data*>(expanded));
    }

    static void seal(const void* expanded, aead_packet* packets, unsigned count, unsigned icv_length) {
        const auto* key = static_cast<const gcm_key_data*>(expanded);
        const aes_gcm_enc_dec_t run = encrypt;
        gcm_context_data context;
        for (unsigned i = 0; i < count; ++i) {
            const aead_packet& packet = packets[i];
            run(key, &context, packet.text, packet.text, packet.length, packet.nonce, packet.additional,
                packet.additional_length, packet.icv, icv_length);
        }
    }

    static std::uint64_t open(const void* expanded, const aead_packet* packets, unsigned count,
                              unsigned icv_length) {
        const auto* key = static_cast<const gcm_key_data*>(expanded);
        const aes_gcm_enc_dec_t run = decrypt;
        gcm_context_data context;
        std::uint64_t authentic = 0;
        for (unsigned i = 0; i < count; ++i) {
            const aead_packet& packet = packets[i];
            alignas(16) std::uint8_t computed[16];
            run(key, &context, packet.text, packet.text, packet.length, packet.nonce, packet.additional,
                packet.additional_length, computed, icv_length);
            // The library does not compare. Without branches: the time tells nothing of where they differ.
            const tag_halves expected(computed, icv_length);
            const tag_halves received(packet.icv, icv_length);
            const std::uint64_t difference =
                (expected.first ^ received.first) | (expected.last ^ received.last);
            authentic |= std::uint64_t{difference == 0} << i;
        }
        return authentic;
    }

    static const aead_engine* engine() {
        static const aead_engine* const only = []() -> const aead_engine* {
            const IMB_MGR* library = manager(Level);
            if (library == nullptr) return nullptr;
            constexpr bool is_128 = Cipher == aead_cipher::aes_128_gcm;
            precompute = is_128 ? library->gcm128_pre : library->gcm256_pre;
            encrypt = is_128 ? library->gcm128_enc : library->gcm256_enc;
            decrypt = is_128 ? library->gcm128_dec : library->gcm256_dec;
            static const aead_engine made{.name = engine_name(Level),
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
        return error{"this CPU can't run '" + std::string(engine_name(level)) +
                     "': choose another instruction set with WAGGLE_CRYPTO, or none"};
    return found;
}

result<instruction_set> best_instruction_set() {
    for (const instruction_set level : levels)
        if (manager(level) != nullptr) return level;
    return error{
        "this CPU has no AES instructions: encrypted overlays need AES-NI and PCLMULQDQ, or "
        "ChaCha20-Poly1305"};
}

}  // namespace waggle::esp
