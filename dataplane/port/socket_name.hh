#pragma once

#include <algorithm>
#include <cstdint>

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/ip_address.hh"

namespace waggle {

/// An address and port as system calls want them.
class socket_name {
public:
    socket_name(const ip_address& address, std::uint16_t port) {
        const auto bytes = address.wire_bytes();
        if (address.is_v4()) {
            auto& name = reinterpret_cast<sockaddr_in&>(_storage);
            name.sin_family = AF_INET;
            name.sin_port = htons(port);
            std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(&name.sin_addr));
            _length = sizeof name;
        } else {
            auto& name = reinterpret_cast<sockaddr_in6&>(_storage);
            name.sin6_family = AF_INET6;
            name.sin6_port = htons(port);
            std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(&name.sin6_addr));
            _length = sizeof name;
        }
    }
    const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&_storage); }
    socklen_t length() const { return _length; }

private:
    sockaddr_storage _storage{};
    socklen_t _length = 0;
};

/// Lets a socket be bound to an address that is configured later.
inline void allow_absent_address(int socket, bool v4) {
    const int on = 1;
    if (v4) {
        (void)::setsockopt(socket, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    } else {
        (void)::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        (void)::setsockopt(socket, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
    }
}

}  // namespace waggle
