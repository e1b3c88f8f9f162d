#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/mac_address.hh"
#include "common/result.hh"

namespace waggle {

/// Interfaces of the calling thread's network namespace, by name (see namespace_visit).

/// Largest IP packet, bytes; nothing if there is no such interface.
std::optional<std::uint16_t> interface_mtu(const std::string& name);
/// Administratively up and with a carrier.
bool interface_is_running(const std::string& name);
result<void> set_interface_mtu(const std::string& name, std::uint16_t mtu);
result<void> set_interface_mac(const std::string& name, const mac_address& mac);
result<void> set_interface_up(const std::string& name);
/// Keeps IPv6 of this host off the interface: no link-local address, no solicitations.
result<void> silence_ipv6(const std::string& name);

}  // namespace waggle
