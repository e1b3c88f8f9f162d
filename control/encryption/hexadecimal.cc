#include "control/encryption/hexadecimal.hh"

#include <array>
#include <sodium/utils.h>
#include <span>

namespace waggle::control {

std::optional<secret> parse_hexadecimal(std::string_view text, std::size_t length) {
    if (length > secret::capacity || text.size() != 2 * length) return std::nullopt;
    std::array<std::uint8_t, secret::capacity> bytes{};
    std::size_t written = 0;
    const char* end = nullptr;
    // Reads every character in the same time, whatever it is.
    const int failed =
        sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &written, &end);
    std::optional<secret> parsed;
    if (failed == 0 && written == length && end == text.data() + text.size())
        parsed = secret::from(std::span<const std::uint8_t>(bytes).first(length));
    wipe(bytes);
    return parsed;
}

}  // namespace waggle::control
