#include "control/overlay/underlay_mtu.hh"

#include <algorithm>
#include <cstring>
#include <unistd.h>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace waggle::control {
namespace {

const std::string& interface_of(const config::underlay_port& port) {
    if (auto* packet = std::get_if<config::packet_underlay>(&port.kind)) return packet->interface;
    return std::get<config::ethdev_underlay>(port.kind).exception_interface;
}

}  // namespace

std::map<std::string, std::uint16_t> read_underlay_mtus(const config::node& node) {
    std::map<std::string, std::uint16_t> mtus;
    int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return mtus;
    for (const config::underlay_port& port : node.underlay) {
        const std::string& interface = interface_of(port);
        ifreq request{};
        if (interface.empty() || interface.size() >= sizeof request.ifr_name) continue;
        std::memcpy(request.ifr_name, interface.c_str(), interface.size() + 1);
        if (::ioctl(socket, SIOCGIFMTU, &request) != 0) continue;
        mtus.emplace(port.name, static_cast<std::uint16_t>(std::clamp(request.ifr_mtu, 68, 65535)));
    }
    ::close(socket);
    return mtus;
}

}  // namespace waggle::control
