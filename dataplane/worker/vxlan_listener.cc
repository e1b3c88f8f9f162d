#include "dataplane/worker/vxlan_listener.hh"

#include <utility>

namespace waggle {

vxlan_listener::vxlan_listener(port_directory& directory, const vxlan_filter_options& from)
    : _directory(directory), _filter(from) {
    _directory.set_vxlan_port(from.udp_port);
}

result<void> vxlan_listener::guard() {
    if (_guard) return {};
    result<udp_guard> guard = udp_guard::open(_filter.vtep_v4, _filter.vtep_v6, _filter.udp_port);
    if (!guard) return guard.failure();
    _guard = *std::move(guard);
    return {};
}

result<void> vxlan_listener::set_port(std::uint16_t udp_port) {
    if (udp_port == _filter.udp_port) return {};
    std::optional<udp_guard> next;
    if (_guard) {
        result<udp_guard> opened = udp_guard::open(_filter.vtep_v4, _filter.vtep_v6, udp_port);
        if (!opened) return opened.failure();
        next = *std::move(opened);
    }
    if (result<void> done = set_filters(udp_port); !done) {
        (void)set_filters(_filter.udp_port);
        return done;
    }
    _filter.udp_port = udp_port;
    _directory.set_vxlan_port(udp_port);
    _guard = std::move(next);
    return {};
}

result<void> vxlan_listener::set_filters(std::uint16_t udp_port) {
    for (packet_port* const port : _ports)
        if (result<void> done = port->set_udp_port(udp_port); !done) return done;
    return {};
}

}  // namespace waggle
