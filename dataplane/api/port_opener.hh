#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/report.hh"
#include "dataplane/api/state.hh"
#include "dataplane/table/forwarding_entry.hh"

namespace waggle::api {

/// Opens and closes access ports for the applier, and knows the underlay ports. Every call is made by the
/// main lcore.
class port_opener {
public:
    virtual ~port_opener() = default;

    /// Opens an access port. That a peer (vhost-user, memif) has not come yet is no error. Workers do not
    /// receive from it before bind(). While a port is replaced, two of one name are open side by side.
    virtual result<port_index> open(const std::string& name, const access_port& parameters) = 0;
    /// From now on workers receive from the port and give its frames to `encapsulate` as frames of
    /// `overlay`. May be called again with another overlay.
    virtual void bind(port_index port, overlay_index overlay) = 0;
    /// Changes the largest frame of an open port (bytes after the Ethernet header).
    virtual result<void> set_mtu(port_index port, std::uint16_t mtu) = 0;
    /// Stops workers from receiving from the port and releases it. No table refers to it any more, but a
    /// worker may still hold its number until a grace period has passed: the number is not given out before.
    virtual void close(port_index port) = 0;
    /// Listens on that UDP port for VXLAN, and no more on the one before. On failure nothing has changed.
    virtual result<void> set_udp_port(std::uint16_t port) = 0;
    /// The underlay port of that name (node section of the YAML), if there is one.
    virtual std::optional<port_index> underlay(const std::string& name) const = 0;
    /// All open ports with their statistics, underlay and exception ports included.
    virtual std::vector<port_report> list() const = 0;
};

}  // namespace waggle::api
