#pragma once

#include <optional>
#include <vector>

#include "common/ip_address.hh"
#include "common/result.hh"
#include "dataplane/port/file_descriptor.hh"

namespace waggle {

/// Keeps the kernel from answering ESP packets that a packet port takes (it would send ICMP protocol
/// unreachable where it has no ESP of its own): raw sockets bound to the VTEP addresses whose filter drops
/// everything. They vanish with the process; the kernel's own ESP is not disturbed.
class esp_guard {
public:
    static result<esp_guard> open(const std::optional<ip_address>& vtep_v4,
                                  const std::optional<ip_address>& vtep_v6);

private:
    explicit esp_guard(std::vector<file_descriptor> sockets) : _sockets(std::move(sockets)) {}
    std::vector<file_descriptor> _sockets;
};

}  // namespace waggle
