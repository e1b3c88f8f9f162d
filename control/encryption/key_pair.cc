#include "control/encryption/key_pair.hh"

#include <sodium/crypto_scalarmult_curve25519.h>

namespace waggle::control {

key_pair key_pair::make(const random_source& random) {
    std::array<std::uint8_t, crypto_scalarmult_curve25519_SCALARBYTES> bytes{};
    random(bytes);
    key_pair made = from(*secret::from(bytes));
    wipe(bytes);
    return made;
}

key_pair key_pair::from(secret private_half) {
    key_pair pair;
    crypto_scalarmult_curve25519_base(pair.public_half.data(), private_half.reveal().data());
    pair.private_half = std::move(private_half);
    return pair;
}

std::optional<secret> agree(const secret& private_half, const public_key& theirs) {
    std::array<std::uint8_t, crypto_scalarmult_curve25519_BYTES> bytes{};
    std::optional<secret> shared;
    if (crypto_scalarmult_curve25519(bytes.data(), private_half.reveal().data(), theirs.data()) == 0)
        shared = secret::from(bytes);
    wipe(bytes);
    return shared;
}

}  // namespace waggle::control
