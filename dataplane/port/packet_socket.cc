#include "dataplane/port/packet_socket.hh"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

/// Bytes of kernel memory that may wait: some hundred GSO frames.
constexpr int buffer_size = 32 << 20;

/// One family alone is cheaper than looking at every packet of the host.
std::uint16_t protocol_for(const vxlan_filter_options& filter) {
    if (filter.vtep_v4 && filter.vtep_v6) return ETH_P_ALL;
    return filter.vtep_v4 ? ETH_P_IP : ETH_P_IPV6;
}

bool set(int socket, int level, int option, int value) {
    return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

result<file_descriptor> open_socket(unsigned interface, const vxlan_filter_options& filter) {
    // Protocol 0: receives nothing before the filter is in place and bind() names the interface.
    file_descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return system_error("cannot open a packet socket");
    const int fd = socket.get();
    if (result<void> done = attach_filter(fd, make_vxlan_filter(filter)); !done) return done.failure();
    if (!set(fd, SOL_PACKET, PACKET_VNET_HDR, 1) || !set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1))
        return system_error("cannot set up a packet socket");
    if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, buffer_size)) set(fd, SOL_SOCKET, SO_RCVBUF, buffer_size);
    if (!set(fd, SOL_SOCKET, SO_SNDBUFFORCE, buffer_size)) set(fd, SOL_SOCKET, SO_SNDBUF, buffer_size);
    sockaddr_ll place{};
    place.sll_family = AF_PACKET;
    place.sll_protocol = htons(protocol_for(filter));
    place.sll_ifindex = static_cast<int>(interface);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
        return system_error("cannot bind a packet socket");
    return socket;
}

/// The first socket makes a group with a number that nobody uses; the others join it.
result<void> join_fan_out(int socket, std::optional<std::uint16_t>& group) {
    const unsigned mode =
        PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG | (group ? 0U : PACKET_FANOUT_FLAG_UNIQUEID);
    if (!set(socket, SOL_PACKET, PACKET_FANOUT, static_cast<int>(mode << 16 | group.value_or(0))))
        return system_error("cannot share the interface between workers");
    int given = 0;
    socklen_t length = sizeof given;
    if (::getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &given, &length) != 0)
        return system_error("cannot share the interface between workers");
    group = static_cast<std::uint16_t>(given);
    return {};
}

}  // namespace

result<std::vector<file_descriptor>> open_packet_sockets(const std::string& interface, unsigned queues,
                                                         const vxlan_filter_options& filter) {
    const unsigned number = interface_number(interface);
    if (number == 0) return error{interface + ": there is no such interface"};
    std::vector<file_descriptor> sockets;
    std::optional<std::uint16_t> group;
    for (unsigned i = 0; i < queues; ++i) {
        result<file_descriptor> socket = open_socket(number, filter);
        if (!socket) return std::move(socket).context(interface).failure();
        if (result<void> done = join_fan_out(socket->get(), group); !done)
            return std::move(done).context(interface).failure();
        sockets.push_back(*std::move(socket));
    }
    return sockets;
}

unsigned interface_number(const std::string& interface) {
    return ::if_nametoindex(interface.c_str());
}

}  // namespace waggle
