#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.hh"

namespace waggle {

/// "net_vhost0,iface=/run/x.sock" or "0000:03:00.0,args" taken apart.
struct device_arguments {
    /// The DPDK device's name: what stands before the first comma.
    std::string name;
    std::string arguments;

    static device_arguments parse(const std::string& device);
    bool is_pci() const;
    bool has_driver(std::string_view prefix) const { return name.starts_with(prefix); }
    /// Value of KEY=VALUE, empty if absent.
    std::string value(std::string_view key) const;
    /// Sets or adds KEY=VALUE.
    void set(std::string_view key, const std::string& value);
    /// As EAL takes it.
    std::string to_string() const { return arguments.empty() ? name : name + "," + arguments; }
};

/// Removes a socket file that a killed process left (the drivers do not bind over it); fails if the path is
/// in use or no socket.
result<void> clear_stale_socket(const std::string& path);

/// Makes EAL probe the device and returns its ethdev port number. Fails with the remedy if it is in
/// use, unknown, or the ports of DPDK are used up.
result<std::uint16_t> probe_ethdev(const std::string& device);
/// Undoes probe_ethdev(). The port must be stopped.
void remove_ethdev(std::uint16_t port);

}  // namespace waggle
