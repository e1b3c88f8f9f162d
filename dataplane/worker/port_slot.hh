#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "common/byte_order.hh"
#include "dataplane/pipeline/outputs.hh"
#include "dataplane/port/port.hh"
#include "dataplane/table/forwarding_entry.hh"
#include "dataplane/worker/handover.hh"

namespace waggle {

enum class port_use : std::uint8_t { access, underlay, exception };

/// A port as workers send to it. Immutable once published but for the overlay; freed after a grace period.
struct port_slot {
    waggle::port* target = nullptr;
    unsigned transmit_queues = 0;
    /// Segments are merged for the port: it takes them as chains, at a kernel crossing a frame.
    bool merges = false;
    /// Whose counters frames that could not be sent go to; no_overlay for underlay ports.
    std::atomic<overlay_index> overlay{no_overlay};
    /// One per transmit queue if there are fewer of them than workers; else empty.
    std::vector<std::unique_ptr<handover>> handovers;
};

/// All open ports by index, for workers: an RCU-protected pointer each.
class port_directory {
public:
    /// Null for an index that is not in use.
    port_slot* find(port_index index) const { return _slots[index].load(std::memory_order_acquire); }
    void publish(port_index index, port_slot* slot) { _slots[index].store(slot, std::memory_order_release); }
    /// On which VXLAN comes; workers look in each round.
    be16 vxlan_port() const { return be16::from_raw(_vxlan_port.load(std::memory_order_relaxed)); }
    void set_vxlan_port(std::uint16_t port) {
        _vxlan_port.store(be16(port).raw(), std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<port_slot*>, port_capacity> _slots{};
    std::atomic<std::uint16_t> _vxlan_port{be16(4789).raw()};
};

}  // namespace waggle
