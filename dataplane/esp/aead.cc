#include "dataplane/esp/aead.hh"

#include <array>
#include <cstdlib>
#include <string>

#include "dataplane/esp/chacha_engine.hh"
#include "dataplane/esp/gcm_engine.hh"

namespace waggle::esp {

std::string_view name_of(aead_cipher cipher) {
    static constexpr std::array<std::string_view, aead_cipher_count> names{"aes128gcm", "aes256gcm",
                                                                           "chacha20poly1305"};
    return names[static_cast<std::size_t>(cipher)];
}

result<instruction_set> parse_instruction_set(std::string_view text) {
    if (text == "auto") return instruction_set::automatic;
    if (text == "avx512") return instruction_set::avx512;
    if (text == "avx2") return instruction_set::avx2;
    if (text == "avx") return instruction_set::avx;
    if (text == "sse") return instruction_set::sse;
    return error{"'" + std::string(text) + "' is no instruction set: use auto, avx512, avx2, avx or sse"};
}

result<const aead_engine*> find_engine(aead_cipher cipher, instruction_set wanted) {
    if (cipher == aead_cipher::chacha20_poly1305) return find_chacha_engine(wanted);
    if (wanted == instruction_set::automatic) {
        const result<instruction_set> best = best_instruction_set();
        if (!best) return best.failure();
        wanted = *best;
    }
    return find_gcm_engine(cipher, wanted);
}

result<const aead_engine*> default_engine(aead_cipher cipher) {
    const char* chosen = std::getenv("WAGGLE_CRYPTO");
    if (chosen == nullptr || *chosen == '\0') return find_engine(cipher);
    const result<instruction_set> wanted = parse_instruction_set(chosen);
    if (!wanted) return error{"environment variable WAGGLE_CRYPTO: " + wanted.failure().message};
    return find_engine(cipher, *wanted).context("environment variable WAGGLE_CRYPTO");
}

}  // namespace waggle::esp
