#include "dataplane/port/ethdev_device.hh"

#include <algorithm>
#include <cctype>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "dataplane/port/file_descriptor.hh"
#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

/// Vhost-user sockets are streams, memif's keep messages apart.
bool is_served(const sockaddr_un& place) {
    for (const int type : {SOCK_STREAM, SOCK_SEQPACKET}) {
        const file_descriptor probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0 ||
            errno == EAGAIN)
            return true;
    }
    return false;
}

}  // namespace

device_arguments device_arguments::parse(const std::string& device) {
    const std::size_t comma = device.find(',');
    if (comma == std::string::npos) return {device, ""};
    return {device.substr(0, comma), device.substr(comma + 1)};
}

bool device_arguments::is_pci() const {
    return !name.empty() && std::isxdigit(static_cast<unsigned char>(name.front())) != 0 &&
           name.find(':') != std::string::npos;
}

std::string device_arguments::value(std::string_view key) const {
    std::size_t at = 0;
    while (at < arguments.size()) {
        const std::size_t end = std::min(arguments.find(',', at), arguments.size());
        const std::string_view item = std::string_view(arguments).substr(at, end - at);
        if (item.size() > key.size() && item.starts_with(key) && item[key.size()] == '=')
            return std::string(item.substr(key.size() + 1));
        at = end + 1;
    }
    return "";
}

result<void> clear_stale_socket(const std::string& path) {
    struct stat found {};
    sockaddr_un place{};
    if (path.size() >= sizeof place.sun_path) return error{path + ": socket path longer than 107 characters"};
    if (path.empty() || ::lstat(path.c_str(), &found) != 0) return {};
    if (!S_ISSOCK(found.st_mode))
        return error{path + " exists and is no socket: remove it or choose another path"};
    place.sun_family = AF_UNIX;
    path.copy(place.sun_path, path.size());
    if (is_served(place)) return error{path + " is in use: choose another path"};
    if (::unlink(path.c_str()) != 0) return system_error("cannot remove " + path);
    return {};
}

void device_arguments::set(std::string_view key, const std::string& to) {
    std::string kept;
    std::size_t at = 0;
    while (at < arguments.size()) {
        const std::size_t end = std::min(arguments.find(',', at), arguments.size());
        const std::string item = arguments.substr(at, end - at);
        if (!item.starts_with(std::string(key) + "=")) kept += item + ",";
        at = end + 1;
    }
    arguments = kept + std::string(key) + "=" + to;
}

result<std::uint16_t> probe_ethdev(const std::string& device) {
    const device_arguments parsed = device_arguments::parse(device);
    std::uint16_t port = 0;
    if (rte_eth_dev_get_port_by_name(parsed.name.c_str(), &port) == 0)
        return error{"DPDK device " + parsed.name + " is in use already"};
    if (rte_eth_dev_count_total() >= RTE_MAX_ETHPORTS)
        return error{
            "DPDK device " + parsed.name + ": this DPDK has room for " + std::to_string(RTE_MAX_ETHPORTS) +
            " devices in all and they are used up; containers need none (attach them as kernel interfaces)"};
    if (parsed.has_driver("net_vhost") && parsed.value("client") != "1")
        if (result<void> done = clear_stale_socket(parsed.value("iface")); !done) return done.failure();
    if (const int failed = rte_dev_probe(device.c_str()); failed != 0)
        return system_error("DPDK device " + device +
                                " can't be opened (known driver? right arguments? for a PCI "
                                "device: bound to vfio-pci and named in node.underlay at start?)",
                            failed);
    if (rte_eth_dev_get_port_by_name(parsed.name.c_str(), &port) == 0) return port;
    // Some drivers name their port differently from the device.
    rte_dev_iterator iterator;
    std::uint16_t candidate = RTE_MAX_ETHPORTS;
    RTE_ETH_FOREACH_MATCHING_DEV(candidate, parsed.name.c_str(), &iterator) {
        port = candidate;
        rte_eth_iterator_cleanup(&iterator);
        return port;
    }
    return error{"DPDK device " + device + " is no network device"};
}

void remove_ethdev(std::uint16_t port) {
    rte_eth_dev_info information{};
    const bool known = rte_eth_dev_info_get(port, &information) == 0;
    rte_eth_dev_close(port);
    if (known && information.device != nullptr) rte_dev_remove(information.device);
}

}  // namespace waggle
