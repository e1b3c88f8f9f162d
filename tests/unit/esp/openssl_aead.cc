#include "tests/unit/esp/openssl_aead.hh"

#include <openssl/evp.h>
#include <stdexcept>

namespace waggle::esp {
namespace {

const EVP_CIPHER* openssl_cipher(aead_cipher cipher) {
    switch (cipher) {
        case aead_cipher::aes_128_gcm:
            return EVP_aes_128_gcm();
        case aead_cipher::aes_256_gcm:
            return EVP_aes_256_gcm();
        default:
            return EVP_chacha20_poly1305();
    }
}

void check(int success) {
    if (success != 1) throw std::runtime_error("OpenSSL failed");
}

}  // namespace

sealed_text openssl_seal(aead_cipher cipher, const bytes& key, const bytes& nonce, const bytes& additional,
                         const bytes& plain) {
    const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                             EVP_CIPHER_CTX_free);
    check(EVP_EncryptInit_ex(context.get(), openssl_cipher(cipher), nullptr, nullptr, nullptr));
    check(
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce.size()), nullptr));
    check(EVP_EncryptInit_ex(context.get(), nullptr, nullptr, key.data(), nonce.data()));
    int length = 0;
    if (!additional.empty())
        check(EVP_EncryptUpdate(context.get(), nullptr, &length, additional.data(),
                                static_cast<int>(additional.size())));
    sealed_text sealed{bytes(plain.size() + 16), bytes(16)};
    if (!plain.empty())
        check(EVP_EncryptUpdate(context.get(), sealed.text.data(), &length, plain.data(),
                                static_cast<int>(plain.size())));
    check(EVP_EncryptFinal_ex(context.get(), sealed.text.data() + plain.size(), &length));
    sealed.text.resize(plain.size());
    check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, sealed.tag.data()));
    return sealed;
}

}  // namespace waggle::esp
