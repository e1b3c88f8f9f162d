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

    /// The same for the port of ESP in UDP (RFC 3948), whose socket can also send keepalives.
    static result<udp_guard> open_for_esp(const std::optional<ip_address>& vtep_v4,
                                          const std::optional<ip_address>& vtep_v6, std::uint16_t udp_port);
    /// One byte 0xff from our port (RFC 3948 section 2.3). One that can't be sent now is lost, as on the way.
    void send_keepalive(const ip_address& to, std::uint16_t port) const;

private:
    udp_guard(std::vector<file_descriptor> sockets, bool has_v4)
        : _sockets(std::move(sockets)), _has_v4(has_v4) {}
    /// IPv4 first.
    std::vector<file_descriptor> _sockets;
    bool _has_v4;
};

}  // namespace waggle
