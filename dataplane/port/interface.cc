#include "dataplane/port/interface.hh"

#include <algorithm>
#include <fcntl.h>

#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "dataplane/port/file_descriptor.hh"
#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

ifreq request_for(const std::string& name) {
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

/// Any socket serves for interface requests; it carries the namespace.
bool ask(unsigned long what, ifreq& request) {
    const file_descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return socket && ::ioctl(socket.get(), what, &request) == 0;
}

}  // namespace

std::optional<std::uint16_t> interface_mtu(const std::string& name) {
    ifreq request = request_for(name);
    if (!ask(SIOCGIFMTU, request)) return std::nullopt;
    // The loopback interface has 65,536.
    return static_cast<std::uint16_t>(std::clamp(request.ifr_mtu, 0, 65535));
}

bool interface_is_running(const std::string& name) {
    ifreq request = request_for(name);
    constexpr short wanted = IFF_UP | IFF_RUNNING;
    return ask(SIOCGIFFLAGS, request) && (request.ifr_flags & wanted) == wanted;
}

result<void> set_interface_mtu(const std::string& name, std::uint16_t mtu) {
    ifreq request = request_for(name);
    request.ifr_mtu = mtu;
    if (!ask(SIOCSIFMTU, request))
        return system_error(name + ": cannot set the MTU to " + std::to_string(mtu));
    return {};
}

result<void> set_interface_mac(const std::string& name, const mac_address& mac) {
    ifreq request = request_for(name);
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    mac.store(request.ifr_hwaddr.sa_data);
    if (!ask(SIOCSIFHWADDR, request))
        return system_error(name + ": cannot set the address to " + mac.to_string());
    return {};
}

result<void> set_interface_up(const std::string& name) {
    ifreq request = request_for(name);
    if (!ask(SIOCGIFFLAGS, request)) return system_error(name + ": cannot read the flags");
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    if (!ask(SIOCSIFFLAGS, request)) return system_error(name + ": cannot set the interface up");
    return {};
}

result<void> silence_ipv6(const std::string& name) {
    const std::string path = "/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6";
    const file_descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return {};  // a kernel without IPv6
    if (!file || ::write(file.get(), "1", 1) != 1) return system_error("cannot write " + path);
    return {};
}

}  // namespace waggle
