#include "control/encryption/announcement_text.hh"

#include <sodium/utils.h>

#include "control/encryption/announcement.hh"
#include "control/encryption/byte_writer.hh"

namespace waggle::control {
namespace {

constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::size_t overlay_offset = 4;

}  // namespace

std::string announcement_text(std::span<const std::uint8_t> announcement) {
    std::string text(sodium_base64_encoded_len(announcement.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), announcement.data(), announcement.size(), variant);
    // It ends with a zero.
    text.pop_back();
    return text;
}

std::optional<std::vector<std::uint8_t>> parse_announcement_text(std::string_view text) {
    std::vector<std::uint8_t> bytes(longest_announcement);
    std::size_t length = 0;
    const char* end = nullptr;
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, &end,
                          variant) != 0 ||
        end != text.data() + text.size())
        return std::nullopt;
    bytes.resize(length);
    // libsodium 1.0.18 takes every byte that is no ASCII for the last character of its alphabet.
    if (announcement_text(bytes) != text) return std::nullopt;
    return bytes;
}

std::optional<std::uint32_t> claimed_overlay(std::span<const std::uint8_t> announcement) {
    if (announcement.size() < overlay_offset + 4) return std::nullopt;
    return byte_reader(announcement.subspan(overlay_offset)).number<std::uint32_t>();
}

}  // namespace waggle::control
