#include "control/gossip/networkdb/packed_key.hh"

#include <cstring>
#include <functional>
#include <utility>

namespace waggle::networkdb {

namespace {

constexpr std::uint8_t no_digit = 0x80;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::uint8_t i = 0; i < 16; ++i) values[static_cast<unsigned char>("0123456789abcdef"[i])] = i;
    return values;
}();

}  // namespace

bool packed_key::pack(std::string_view text, std::uint8_t* packed) {
    if (text.size() != 2 * hex_size) return false;
    unsigned all = 0;
    for (std::size_t i = 0; i < hex_size; ++i) {
        const unsigned high = digit_values[static_cast<unsigned char>(text[2 * i])];
        const unsigned low = digit_values[static_cast<unsigned char>(text[2 * i + 1])];
        all |= high | low;
        packed[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return (all & no_digit) == 0;
}

void packed_key::unpack(const std::uint8_t* packed, std::string& text) {
    constexpr char digits[] = "0123456789abcdef";
    text.resize(2 * hex_size);
    for (std::size_t i = 0; i < hex_size; ++i) {
        text[2 * i] = digits[packed[i] >> 4];
        text[2 * i + 1] = digits[packed[i] & 15];
    }
}

std::string packed_key::text() const {
    if (!_is_hex) return other();
    std::string digits;
    unpack(_bytes.data(), digits);
    return digits;
}

packed_key::packed_key(std::string_view text) : _is_hex(pack(text, _bytes.data())) {
    if (_is_hex) return;
    const auto* copy = new std::string(text);
    std::memcpy(_bytes.data(), &copy, sizeof(std::uintptr_t));
}

packed_key::~packed_key() {
    if (!_is_hex) delete &other();
}

packed_key::packed_key(packed_key&& other) noexcept : _bytes(other._bytes), _is_hex(other._is_hex) {
    other._bytes = {};
    other._is_hex = true;
}

packed_key& packed_key::operator=(packed_key&& other) noexcept {
    std::swap(_bytes, other._bytes);
    std::swap(_is_hex, other._is_hex);
    return *this;
}

std::size_t packed_key::hash() const {
    const std::string_view bytes =
        _is_hex ? std::string_view(reinterpret_cast<const char*>(_bytes.data()), hex_size) : other();
    return std::hash<std::string_view>{}(bytes);
}

const std::string& packed_key::other() const {
    const std::string* text = nullptr;
    std::memcpy(&text, _bytes.data(), sizeof(std::uintptr_t));
    return *text;
}

}  // namespace waggle::networkdb
