#include "control/gossip/keyring/aead_key.hh"

#include <openssl/evp.h>
#include <utility>

namespace waggle::gossip {

namespace {

struct free_context {
    // Wipes the key schedule as well.
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, free_context>;

const EVP_CIPHER* cipher_for(std::size_t key_size) {
    switch (key_size) {
        case 16:
            return EVP_aes_128_gcm();
        case 24:
            return EVP_aes_192_gcm();
        case 32:
            return EVP_aes_256_gcm();
        default:
            return nullptr;
    }
}

std::string fingerprint_of(byte_view key) {
    // A label of its own keeps the digest apart from any other use of the same key.
    bytes labelled = copy_of(view_of("waggle gossip key fingerprint"));
    append(labelled, key);
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(labelled.data(), labelled.size(), digest.data(), &size, EVP_sha256(), nullptr);
    OPENSSL_cleanse(labelled.data(), labelled.size());
    std::string text;
    for (std::size_t i = 0; i < 8; ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

}  // namespace

struct aead_key::contexts {
    cipher_context sealing;
    cipher_context opening;
    std::string fingerprint;
};

result<aead_key> aead_key::make(byte_view key) {
    const EVP_CIPHER* const cipher = cipher_for(key.size());
    if (cipher == nullptr)
        return error{"a gossip key has " + std::to_string(key.size()) + " bytes instead of 16, 24 or 32"};
    auto made = std::make_unique<contexts>();
    made->sealing.reset(EVP_CIPHER_CTX_new());
    made->opening.reset(EVP_CIPHER_CTX_new());
    if (!made->sealing || !made->opening ||
        EVP_EncryptInit_ex(made->sealing.get(), cipher, nullptr, key.data(), nullptr) != 1 ||
        EVP_DecryptInit_ex(made->opening.get(), cipher, nullptr, key.data(), nullptr) != 1)
        return error{"OpenSSL does not take AES-GCM keys; is its default provider missing?"};
    made->fingerprint = fingerprint_of(key);
    return aead_key(std::move(made));
}

aead_key::aead_key(std::unique_ptr<contexts> made) : _contexts(std::move(made)) {
}
aead_key::aead_key(aead_key&&) noexcept = default;
aead_key& aead_key::operator=(aead_key&&) noexcept = default;
aead_key::~aead_key() = default;

void aead_key::seal(const nonce& iv, byte_view additional, byte_view plain, bytes& out) const {
    EVP_CIPHER_CTX* const context = _contexts->sealing.get();
    const std::size_t start = out.size();
    out.resize(start + plain.size() + tag_size);
    int written = 0;
    EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, iv.data());
    if (!additional.empty())
        EVP_EncryptUpdate(context, nullptr, &written, additional.data(), static_cast<int>(additional.size()));
    EVP_EncryptUpdate(context, out.data() + start, &written, plain.data(), static_cast<int>(plain.size()));
    EVP_EncryptFinal_ex(context, out.data() + start + plain.size(), &written);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, tag_size, out.data() + start + plain.size());
}

bool aead_key::open(const nonce& iv, byte_view additional, byte_view sealed, bytes& out) const {
    if (sealed.size() < tag_size) return false;
    EVP_CIPHER_CTX* const context = _contexts->opening.get();
    const byte_view cipher = sealed.first(sealed.size() - tag_size);
    std::array<std::uint8_t, tag_size> tag;
    std::copy(sealed.end() - tag_size, sealed.end(), tag.begin());
    const std::size_t start = out.size();
    // One byte more, so that the end of an empty text is still inside.
    out.resize(start + cipher.size() + 1);
    int written = 0;
    EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, iv.data());
    if (!additional.empty())
        EVP_DecryptUpdate(context, nullptr, &written, additional.data(), static_cast<int>(additional.size()));
    if (!cipher.empty())
        EVP_DecryptUpdate(context, out.data() + start, &written, cipher.data(),
                          static_cast<int>(cipher.size()));
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, tag_size, tag.data());
    const bool genuine = EVP_DecryptFinal_ex(context, out.data() + start + cipher.size(), &written) == 1;
    out.resize(genuine ? start + cipher.size() : start);
    return genuine;
}

const std::string& aead_key::fingerprint() const {
    return _contexts->fingerprint;
}

}  // namespace waggle::gossip
