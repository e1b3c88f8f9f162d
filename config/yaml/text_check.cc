#include "config/yaml/text_check.hh"

#include <cstdint>

namespace waggle::config {

namespace {

/// Bytes of the UTF-8 sequence at `offset`; 0 if it is ill-formed, overlong, a surrogate or above U+10FFFF.
std::size_t sequence_length(std::string_view text, std::size_t offset) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[offset + i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() - offset < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0U) != 0x80) return 0;
    const std::uint8_t second = byte(1);
    if (first == 0xe0 && second < 0xa0) return 0;
    if (first == 0xed && second > 0x9f) return 0;
    if (first == 0xf0 && second < 0x90) return 0;
    if (first == 0xf4 && second > 0x8f) return 0;
    return length;
}

bool is_control(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

}  // namespace

std::optional<bad_text> find_bad_text(std::string_view text) {
    for (std::size_t offset = 0; offset < text.size();) {
        if (is_control(text[offset]))
            return bad_text{offset, "a control character; allowed: printable UTF-8 text"};
        const std::size_t length = sequence_length(text, offset);
        if (length == 0) return bad_text{offset, "a byte that is not UTF-8; allowed: printable UTF-8 text"};
        offset += length;
    }
    return std::nullopt;
}

std::string quote(std::string_view text) {
    constexpr std::size_t longest = 60;
    std::string shown = "'";
    for (const char c : text.substr(0, longest)) {
        const auto byte = static_cast<std::uint8_t>(c);
        shown += byte >= 0x20 && byte < 0x7f ? c : '?';
    }
    return shown + (text.size() > longest ? "...'" : "'");
}

}  // namespace waggle::config
