#include "control/encryption/hkdf.hh"

#include <algorithm>
#include <array>
#include <sodium/crypto_auth_hmacsha256.h>

namespace waggle::control {
namespace {

using bytes = std::span<const std::uint8_t>;
using block = std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES>;

/// The library wants an address even of nothing.
const std::uint8_t* address_of(bytes data) {
    static constexpr std::uint8_t nothing = 0;
    return data.empty() ? &nothing : data.data();
}

class hmac {
public:
    explicit hmac(bytes key) { crypto_auth_hmacsha256_init(&_state, address_of(key), key.size()); }
    ~hmac() { wipe({reinterpret_cast<std::uint8_t*>(&_state), sizeof _state}); }
    hmac(const hmac&) = delete;
    hmac& operator=(const hmac&) = delete;

    void add(bytes data) { crypto_auth_hmacsha256_update(&_state, address_of(data), data.size()); }
    void finish(block& out) { crypto_auth_hmacsha256_final(&_state, out.data()); }

private:
    crypto_auth_hmacsha256_state _state{};
};

}  // namespace

secret hmac_sha256(bytes key, bytes message) {
    block out{};
    hmac mac(key);
    mac.add(message);
    mac.finish(out);
    secret result = *secret::from(out);
    wipe(out);
    return result;
}

secret hkdf_extract(bytes salt, bytes input) {
    return hmac_sha256(salt, input);
}

secret hkdf_expand(const secret& key, bytes info, std::size_t length) {
    std::array<std::uint8_t, secret::capacity> out{};
    block piece{};
    std::size_t piece_length = 0;
    std::size_t done = 0;
    for (std::uint8_t number = 1; done < length; ++number) {
        hmac mac(key.reveal());
        mac.add(bytes(piece).first(piece_length));
        mac.add(info);
        mac.add(bytes(&number, 1));
        mac.finish(piece);
        piece_length = piece.size();
        const std::size_t taken = std::min(piece.size(), length - done);
        std::copy_n(piece.begin(), taken, out.begin() + static_cast<std::ptrdiff_t>(done));
        done += taken;
    }
    secret result = *secret::from(bytes(out).first(length));
    wipe(out);
    wipe(piece);
    return result;
}

}  // namespace waggle::control
