#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>

namespace waggle {

/// Key material: up to 64 bytes that are never printed, are compared in constant time (their number is no
/// secret) and are wiped when the object goes, is moved from or gets others.
class secret {
public:
    static constexpr std::size_t capacity = 64;

    secret() = default;
    /// Nothing if there are more than `capacity` bytes. The caller wipes its own copy.
    static std::optional<secret> from(std::span<const std::uint8_t> bytes);
    ~secret() { wipe(); }
    secret(const secret& other);
    secret(secret&& other) noexcept;
    secret& operator=(const secret& other);
    secret& operator=(secret&& other) noexcept;

    std::size_t size() const { return _size; }
    bool empty() const { return _size == 0; }
    /// For those who hand it to a cipher. Valid while the object is unchanged.
    std::span<const std::uint8_t> reveal() const { return {_bytes.data(), _size}; }
    /// Empty afterwards.
    void wipe();
    /// Eight hex digits that tell secrets apart and tell nothing of them (BLAKE2b with a key of its own);
    /// empty for no secret.
    std::string fingerprint() const;

    friend bool operator==(const secret& a, const secret& b);
    /// Only that there is one: for tests and logs.
    friend std::ostream& operator<<(std::ostream& to, const secret& hidden);

private:
    std::array<std::uint8_t, capacity> _bytes{};
    std::size_t _size = 0;
};

/// Overwrites bytes that held key material; not removed by the optimiser.
void wipe(std::span<std::uint8_t> bytes);
/// The same for text that carried key material; empty afterwards.
void wipe(std::string& text);

}  // namespace waggle
