#include "dataplane/port/udp_guard.hh"

#include <cerrno>

#include <netinet/udp.h>

#include "dataplane/port/socket_name.hh"
#include "dataplane/port/system_error.hh"
#include "dataplane/port/vxlan_filter.hh"

namespace waggle {
namespace {

/// What comes in one piece is then filtered in one piece: otherwise the kernel cuts it first, which costs
/// more than all we do with it. NICs' receive offload puts datagrams together for such a socket, too. Kernels
/// before 5.0 do neither.
void take_whole_pieces(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
}

result<file_descriptor> guard_address(const ip_address& address, std::uint16_t udp_port,
                                      const std::string& remedy) {
    const bool v4 = address.is_v4();
    const std::string place =
        (v4 ? address.to_string() : "[" + address.to_string() + "]") + ":" + std::to_string(udp_port);
    file_descriptor socket(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return system_error("cannot open a UDP socket");
    if (result<void> done = attach_filter(socket.get(), make_drop_filter()); !done) return done.failure();
    allow_absent_address(socket.get(), v4);
    take_whole_pieces(socket.get());
    const socket_name name(address, udp_port);
    if (::bind(socket.get(), name.data(), name.length()) == 0) return socket;
    if (errno == EADDRINUSE)
        return error{"UDP " + place + " is taken by another user of this port, " + remedy};
    return system_error("cannot bind UDP " + place);
}

result<std::vector<file_descriptor>> guard_addresses(const std::optional<ip_address>& vtep_v4,
                                                     const std::optional<ip_address>& vtep_v6,
                                                     std::uint16_t udp_port, const std::string& remedy) {
    std::vector<file_descriptor> sockets;
    for (const std::optional<ip_address>& address : {vtep_v4, vtep_v6}) {
        if (!address) continue;
        result<file_descriptor> socket = guard_address(*address, udp_port, remedy);
        if (!socket) return socket.failure();
        sockets.push_back(*std::move(socket));
    }
    return sockets;
}

}  // namespace

result<udp_guard> udp_guard::open(const std::optional<ip_address>& vtep_v4,
                                  const std::optional<ip_address>& vtep_v6, std::uint16_t udp_port) {
    auto sockets = guard_addresses(
        vtep_v4, vtep_v6, udp_port,
        "likely a kernel vxlan device or Docker's overlay networks: remove it (ip -d link show type vxlan, "
        "ss -ulpn) or choose another node.udp_port (the managers choose it for a Docker swarm)");
    if (!sockets) return sockets.failure();
    return udp_guard(*std::move(sockets), vtep_v4.has_value());
}

result<udp_guard> udp_guard::open_for_esp(const std::optional<ip_address>& vtep_v4,
                                          const std::optional<ip_address>& vtep_v6, std::uint16_t udp_port) {
    auto sockets =
        guard_addresses(vtep_v4, vtep_v6, udp_port,
                        "likely an IKE daemon: stop it (ss -ulpn) or remove esp_in_udp from peers");
    if (!sockets) return sockets.failure();
    return udp_guard(*std::move(sockets), vtep_v4.has_value());
}

void udp_guard::send_keepalive(const ip_address& to, std::uint16_t port) const {
    const std::size_t index = to.is_v4() || !_has_v4 ? 0 : 1;
    if (index >= _sockets.size() || (to.is_v4() && !_has_v4)) return;
    const std::uint8_t keepalive = 0xff;
    const socket_name name(to, port);
    (void)!::sendto(_sockets[index].get(), &keepalive, 1, MSG_DONTWAIT, name.data(), name.length());
}

}  // namespace waggle
