#pragma once

#include <array>
#include <memory>
#include <string>

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"

namespace waggle::gossip {

inline constexpr std::size_t nonce_size = 12;
inline constexpr std::size_t tag_size = 16;
using nonce = std::array<std::uint8_t, nonce_size>;

/// One AES-GCM key with its expanded form. Wiped when it goes; never shown but by its fingerprint. One thread
/// at a time.
class aead_key {
public:
    /// 16, 24 or 32 bytes. Docker's are 16.
    static result<aead_key> make(byte_view key);
    aead_key(aead_key&&) noexcept;
    aead_key& operator=(aead_key&&) noexcept;
    ~aead_key();

    /// Appends ciphertext and tag to `out`.
    void seal(const nonce& iv, byte_view additional, byte_view plain, bytes& out) const;
    /// False if the tag does not match; `out` is then as it was, else the plain text is appended to it.
    bool open(const nonce& iv, byte_view additional, byte_view sealed, bytes& out) const;

    /// 16 hexadecimal digits that tell keys apart and nothing of the key.
    const std::string& fingerprint() const;

private:
    struct contexts;
    explicit aead_key(std::unique_ptr<contexts> made);
    std::unique_ptr<contexts> _contexts;
};

}  // namespace waggle::gossip
