#include "common/mac_address.hh"

#include <cstdio>

#include "common/ip_address.hh"

namespace waggle {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::optional<mac_address> mac_address::parse(std::string_view text) {
    if (text.size() != 17) return std::nullopt;
    mac_address mac;
    for (std::size_t i = 0; i < 6; ++i) {
        const int high = hex_digit(text[3 * i]);
        const int low = hex_digit(text[3 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        if (i < 5 && text[3 * i + 2] != ':') return std::nullopt;
        mac._bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return mac;
}

mac_address mac_address::derived_from(const ip_address& ip) {
    return from_u64(std::uint64_t{0x0242'0000'0000} | ip.v4());
}

std::string mac_address::to_string() const {
    char text[18];
    std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", _bytes[0], _bytes[1], _bytes[2],
                  _bytes[3], _bytes[4], _bytes[5]);
    return text;
}

}  // namespace waggle
