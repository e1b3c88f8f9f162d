#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "common/vni.hh"
#include "dataplane/table/forwarding_entry.hh"
#include "dataplane/table/forwarding_table.hh"
#include "dataplane/table/member_table.hh"
#include "dataplane/table/neighbour_table.hh"
#include "dataplane/table/overlay_entry.hh"
#include "dataplane/table/receiver_table.hh"
#include "dataplane/table/vni_index.hh"
#include "dataplane/table/vtep_entry.hh"

namespace waggle {

/// All tables as workers see them. Readers hold pointers only between two quiescent reports.
/// The writer's side is table_writer.
class tables {
public:
    explicit tables(rcu_domain& rcu);
    ~tables();
    tables(const tables&) = delete;
    tables& operator=(const tables&) = delete;

    /// no_overlay if no overlay of this host has the VNI.
    overlay_index overlay_of(vni id) const { return _vnis.find(id); }
    /// Null for a number that is not in use.
    const overlay_entry* overlay(overlay_index index) const {
        return _overlays[index].load(std::memory_order_acquire);
    }
    /// Null for a number that is not in use.
    const vtep_entry* vtep(vtep_index index) const { return _vteps[index].load(std::memory_order_acquire); }

    /// (overlay, MAC) to port or VTEP; bulk.
    const forwarding_table& forwarding() const { return _forwarding; }
    /// (overlay, IP) to MAC.
    const neighbour_table& neighbours() const { return _neighbours; }
    /// (overlay, outer source address) to VTEP: who may send on an overlay.
    const member_table& members() const { return _members; }
    /// (SPI, outer source address) to inbound security association.
    const receiver_table& receivers() const { return _receivers; }

private:
    friend class table_writer;
    using overlay_slots = std::array<std::atomic<const overlay_entry*>, 65536>;
    using vtep_slots = std::array<std::atomic<const vtep_entry*>, 65536>;

    vni_index _vnis;
    std::unique_ptr<overlay_slots> _overlay_storage;
    std::unique_ptr<vtep_slots> _vtep_storage;
    std::atomic<const overlay_entry*>* _overlays;
    std::atomic<const vtep_entry*>* _vteps;
    forwarding_table _forwarding;
    neighbour_table _neighbours;
    member_table _members;
    receiver_table _receivers;
};

}  // namespace waggle
