#include "common/secret.hh"

#include <algorithm>
#include <ostream>
#include <sodium/crypto_generichash.h>
#include <sodium/utils.h>

namespace waggle {

std::optional<secret> secret::from(std::span<const std::uint8_t> bytes) {
    if (bytes.size() > capacity) return std::nullopt;
    secret made;
    std::ranges::copy(bytes, made._bytes.begin());
    made._size = bytes.size();
    return made;
}

secret::secret(const secret& other) = default;

secret::secret(secret&& other) noexcept : _bytes(other._bytes), _size(other._size) {
    other.wipe();
}

// What the copied array does not fill was zero in the other one too.
secret& secret::operator=(const secret& other) = default;

secret& secret::operator=(secret&& other) noexcept {
    if (this == &other) return *this;
    _bytes = other._bytes;
    _size = other._size;
    other.wipe();
    return *this;
}

void secret::wipe() {
    sodium_memzero(_bytes.data(), _bytes.size());
    _size = 0;
}

std::string secret::fingerprint() const {
    if (_size == 0) return {};
    static constexpr std::array<std::uint8_t, 18> purpose{'w', 'a', 'g', 'g', 'l', 'e', ' ', 'f', 'i',
                                                          'n', 'g', 'e', 'r', 'p', 'r', 'i', 'n', 't'};
    std::array<std::uint8_t, crypto_generichash_BYTES_MIN> digest{};
    crypto_generichash(digest.data(), digest.size(), _bytes.data(), _size, purpose.data(), purpose.size());
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
        text += "0123456789abcdef"[digest[i] >> 4];
        text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
}

bool operator==(const secret& a, const secret& b) {
    // All of both, whatever their sizes: the rest of each is zero.
    return static_cast<bool>(
        static_cast<int>(a._size == b._size) &
        static_cast<int>(sodium_memcmp(a._bytes.data(), b._bytes.data(), secret::capacity) == 0));
}

std::ostream& operator<<(std::ostream& to, const secret& hidden) {
    return to << (hidden.empty() ? "(no secret)" : "(a secret)");
}

void wipe(std::span<std::uint8_t> bytes) {
    sodium_memzero(bytes.data(), bytes.size());
}

void wipe(std::string& text) {
    sodium_memzero(text.data(), text.size());
    text.clear();
}

}  // namespace waggle
