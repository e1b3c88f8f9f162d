#include "common/ip_address.hh"

#include <arpa/inet.h>

namespace waggle {

std::optional<ip_address> ip_address::parse(std::string_view text) {
    const std::string terminated(text);
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return load_v4(bytes.data());
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return load_v6(bytes.data());
    return std::nullopt;
}

bool ip_address::is_unspecified() const {
    return is_v4() ? v4() == 0 : *this == ip_address{};
}

bool ip_address::is_multicast() const {
    return is_v4() ? _bytes[12] >> 4 == 0xe : _bytes[0] == 0xff;
}

bool ip_address::is_loopback() const {
    if (is_v4()) return _bytes[12] == 127;
    ip_address loopback;
    loopback._bytes[15] = 1;
    return *this == loopback;
}

bool ip_address::is_link_local() const {
    if (is_v4()) return _bytes[12] == 169 && _bytes[13] == 254;
    return _bytes[0] == 0xfe && (_bytes[1] & 0xc0) == 0x80;
}

std::string ip_address::to_string() const {
    char text[INET6_ADDRSTRLEN];
    if (is_v4()) {
        inet_ntop(AF_INET, &_bytes[12], text, sizeof text);
    } else {
        inet_ntop(AF_INET6, _bytes.data(), text, sizeof text);
    }
    return text;
}

}  // namespace waggle
