#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/ip_address.hh"
#include "common/result.hh"
#include "dataplane/port/file_descriptor.hh"

namespace waggle {

/// Keeps the kernel from answering VXLAN packets that a packet port takes (it would send ICMP port
/// unreachable): UDP sockets bound to the VTEP addresses whose filter drops everything. They vanish with the
/// process, and binding them reveals another user of the port.
class udp_guard {
public:
    static result<udp_guard> open(const std::optional<ip_address>& vtep_v4,
                                  const std::optional<ip_address>& vtep_v6, std::uint16_t udp_port);

private:
    explicit udp_guard(std::vector<file_descriptor> sockets) : _sockets(std::move(sockets)) {}
    std::vector<file_descriptor> _sockets;
};

}  // namespace waggle
