#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waggle::networkdb {

/// The key of an entry in 33 bytes, if it is like those that engines make: 64 lower-case hexadecimal digits.
/// Other keys stand elsewhere. Compares as the text does.
class packed_key {
public:
    static constexpr std::size_t hex_size = 32;
    /// Fills `packed` (32 bytes); false if the text is no such key.
    static bool pack(std::string_view text, std::uint8_t* packed);
    static void unpack(const std::uint8_t* packed, std::string& text);

    explicit packed_key(std::string_view text);
    ~packed_key();
    packed_key(packed_key&& other) noexcept;
    packed_key& operator=(packed_key&& other) noexcept;

    std::string text() const;
    std::size_t hash() const;
    friend bool operator==(const packed_key& a, const packed_key& b) {
        return a._is_hex == b._is_hex && (a._is_hex ? a._bytes == b._bytes : a.other() == b.other());
    }
    friend bool operator<(const packed_key& a, const packed_key& b) {
        return a._is_hex && b._is_hex ? a._bytes < b._bytes : a.text() < b.text();
    }

private:
    /// Precondition: it is not hexadecimal.
    const std::string& other() const;

    /// The digits, or the address of the text.
    std::array<std::uint8_t, hex_size> _bytes{};
    bool _is_hex;
};

static_assert(sizeof(packed_key) == 33);

}  // namespace waggle::networkdb
