#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/result.hh"
#include "dataplane/port/packet_port.hh"
#include "dataplane/port/udp_guard.hh"
#include "dataplane/port/vxlan_filter.hh"
#include "dataplane/worker/port_slot.hh"

namespace waggle {

/// Where VXLAN comes in: the UDP port that workers know it by, the filters of NICs that stay with the kernel,
/// and what keeps the kernel from answering there. Main lcore.
class vxlan_listener {
public:
    /// `directory` and what is added outlive the listener. `from`: the port to begin with.
    vxlan_listener(port_directory& directory, const vxlan_filter_options& from);

    /// What a packet port is to take.
    const vxlan_filter_options& filter() const { return _filter; }
    /// Before a packet port is opened: reveals another user of the UDP port.
    result<void> guard();
    /// Follows the port from here on.
    void add(packet_port& port) { _ports.push_back(&port); }
    /// Listens on another port, and no more on the one before. On failure it stays at that.
    result<void> set_port(std::uint16_t udp_port);

private:
    result<void> set_filters(std::uint16_t udp_port);

    port_directory& _directory;
    vxlan_filter_options _filter;
    std::vector<packet_port*> _ports;
    std::optional<udp_guard> _guard;
};

}  // namespace waggle
