#include "dataplane/port/esp_guard.hh"

#include "dataplane/port/socket_name.hh"
#include "dataplane/port/system_error.hh"
#include "dataplane/port/vxlan_filter.hh"

namespace waggle {
namespace {

result<file_descriptor> guard_address(const ip_address& address) {
    const bool v4 = address.is_v4();
    file_descriptor socket(::socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP));
    if (!socket) return system_error("cannot open a raw socket for ESP");
    if (result<void> done = attach_filter(socket.get(), make_drop_filter()); !done) return done.failure();
    allow_absent_address(socket.get(), v4);
    const socket_name name(address, 0);
    if (::bind(socket.get(), name.data(), name.length()) != 0)
        return system_error("cannot bind a raw socket for ESP to " + address.to_string());
    return socket;
}

}  // namespace

result<esp_guard> esp_guard::open(const std::optional<ip_address>& vtep_v4,
                                  const std::optional<ip_address>& vtep_v6) {
    std::vector<file_descriptor> sockets;
    for (const std::optional<ip_address>& address : {vtep_v4, vtep_v6}) {
        if (!address) continue;
        result<file_descriptor> socket = guard_address(*address);
        if (!socket) return socket.failure();
        sockets.push_back(*std::move(socket));
    }
    return esp_guard(std::move(sockets));
}

}  // namespace waggle
