#include "control/encryption/overlay_secret.hh"

#include "control/encryption/byte_writer.hh"
#include "control/encryption/hkdf.hh"

namespace waggle::control {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

secret derive(const secret& root, std::string_view purpose, vni overlay) {
    byte_writer info;
    info.text(purpose);
    info.number(overlay.value());
    return hkdf_expand(root, info.written(), 32);
}

}  // namespace

result<overlay_secret> parse_overlay_secret(std::string_view text, vni overlay) {
    const auto root = parse_secret_root(text);
    if (!root) return root.failure();
    return overlay_secret_of(*root, overlay);
}

result<secret> parse_secret_root(std::string_view text) {
    constexpr std::string_view around = " \t\r\n";
    const std::size_t first = text.find_first_not_of(around);
    if (first == std::string_view::npos) return error{"is empty"};
    text = text.substr(first, text.find_last_not_of(around) - first + 1);
    if (text.size() < shortest_overlay_secret || text.size() > longest_overlay_secret)
        return error{"has " + std::to_string(text.size()) +
                     " characters; allowed: " + std::to_string(shortest_overlay_secret) + " to " +
                     std::to_string(longest_overlay_secret) +
                     " random ones, as 'openssl rand -base64 32' prints them"};
    return hkdf_extract(bytes_of("waggle esp 1"), bytes_of(text));
}

overlay_secret overlay_secret_of(const secret& root, vni overlay) {
    return overlay_secret{derive(root, "announcement", overlay), derive(root, "association", overlay)};
}

}  // namespace waggle::control
