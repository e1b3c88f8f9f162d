#include "control/gossip/networkdb/packed_key.hh"

#include <cstring>
#include <functional>
#include <utility>

namespace waggle::networkdb {

bool packed_key::pack(std::string_view text, std::uint8_t* packed) {
    if (text.size() != 2 * hex_size) return false;
    bool valid = true;
    const auto value_of = [&](char digit) {
        const unsigned number = static_cast<unsigned char>(digit) - unsigned{'0'};
        const unsigned letter = static_cast<unsigned char>(digit) - unsigned{'a'};
        valid = valid && (number < 10 || letter < 6);
        return number < 10 ? number : letter + 10;
    };
    for (std::size_t i = 0; i < hex_size; ++i)
        packed[i] = static_cast<std::uint8_t>(value_of(text[2 * i]) << 4 | value_of(text[2 * i + 1]));
    return valid;
}

std::string packed_key::unpack(const std::uint8_t* packed) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text(2 * hex_size, '0');
    for (std::size_t i = 0; i < hex_size; ++i) {
        text[2 * i] = digits[packed[i] >> 4];
        text[2 * i + 1] = digits[packed[i] & 15];
    }
    return text;
}

packed_key::packed_key(std::string_view text) : _is_hex(pack(text, _bytes.data())) {
    if (_is_hex) return;
    const auto* copy = new std::string(text);
    std::memcpy(_bytes.data(), &copy, sizeof copy);
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
    std::memcpy(&text, _bytes.data(), sizeof text);
    return *text;
}

}  // namespace waggle::networkdb
