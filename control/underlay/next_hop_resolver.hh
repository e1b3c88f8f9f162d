#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "common/ip_address.hh"
#include "common/result.hh"
#include "control/underlay/underlay_settings.hh"
#include "dataplane/api/state.hh"

namespace waggle::control {

/// The way to a VTEP, or why there is none.
struct hop_status {
    ip_address vtep;
    std::optional<api::next_hop> hop;
    /// One sentence for the operator when there is no hop.
    std::string reason;
    friend bool operator==(const hop_status&, const hop_status&) = default;
};

/// Follows the kernel's routing and neighbour tables and tells the next hop of each VTEP as it changes.
/// Keeps the neighbours that carry tunnels resolved: the kernel does not see the tunnel's traffic and would
/// let them go stale. Works on a thread of its own; no function but stop() waits for it.
class next_hop_resolver {
public:
    /// Called on the io_context of the constructor with the VTEPs whose status changed. The first report of a
    /// VTEP follows set_vteps() even when it has no hop.
    using change_callback = std::function<void(const std::vector<hop_status>&)>;

    next_hop_resolver(boost::asio::io_context& results, underlay_settings how, change_callback on_change);
    ~next_hop_resolver();
    next_hop_resolver(const next_hop_resolver&) = delete;
    next_hop_resolver& operator=(const next_hop_resolver&) = delete;

    /// Subscribes to the kernel's changes, reads its tables and starts the thread.
    result<void> start();
    /// Replaces the set of VTEPs to follow. Those that leave are not reported.
    void set_vteps(std::vector<ip_address> vteps);
    /// Replaces addresses and ports after a reload; differences are reported.
    void set_settings(underlay_settings how);
    void stop();

private:
    class worker;
    std::unique_ptr<worker> _worker;
};

}  // namespace waggle::control
