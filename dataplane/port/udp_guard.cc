#include "dataplane/port/udp_guard.hh"

#include <netinet/in.h>
#include <sys/socket.h>

#include "dataplane/port/system_error.hh"
#include "dataplane/port/vxlan_filter.hh"

namespace waggle {
namespace {

result<file_descriptor> guard_address(const ip_address& address, std::uint16_t udp_port) {
    const bool v4 = address.is_v4();
    const std::string place =
        (v4 ? address.to_string() : "[" + address.to_string() + "]") + ":" + std::to_string(udp_port);
    file_descriptor socket(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return system_error("cannot open a UDP socket");
    if (result<void> done = attach_filter(socket.get(), make_drop_filter()); !done) return done.failure();
    const int on = 1;
    // The address may be configured later than we start.
    if (v4) {
        (void)::setsockopt(socket.get(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    } else {
        (void)::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        (void)::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
    }
    sockaddr_in v4_name{};
    v4_name.sin_family = AF_INET;
    v4_name.sin_port = htons(udp_port);
    sockaddr_in6 v6_name{};
    v6_name.sin6_family = AF_INET6;
    v6_name.sin6_port = htons(udp_port);
    const auto bytes = address.wire_bytes();
    std::copy(bytes.begin(), bytes.end(),
              reinterpret_cast<std::uint8_t*>(v4 ? static_cast<void*>(&v4_name.sin_addr)
                                                 : static_cast<void*>(&v6_name.sin6_addr)));
    const auto* name =
        v4 ? reinterpret_cast<const sockaddr*>(&v4_name) : reinterpret_cast<const sockaddr*>(&v6_name);
    const socklen_t length = v4 ? sizeof v4_name : sizeof v6_name;
    if (::bind(socket.get(), name, length) == 0) return socket;
    if (errno == EADDRINUSE)
        return error{
            "UDP " + place +
            " is taken by another user of this port, likely a kernel vxlan device or Docker's overlay "
            "networks: remove it (ip -d link show type vxlan, ss -ulpn) or choose another node.udp_port"};
    return system_error("cannot bind UDP " + place);
}

}  // namespace

result<udp_guard> udp_guard::open(const std::optional<ip_address>& vtep_v4,
                                  const std::optional<ip_address>& vtep_v6, std::uint16_t udp_port) {
    std::vector<file_descriptor> sockets;
    for (const std::optional<ip_address>& address : {vtep_v4, vtep_v6}) {
        if (!address) continue;
        result<file_descriptor> socket = guard_address(*address, udp_port);
        if (!socket) return socket.failure();
        sockets.push_back(*std::move(socket));
    }
    return udp_guard(std::move(sockets));
}

}  // namespace waggle
