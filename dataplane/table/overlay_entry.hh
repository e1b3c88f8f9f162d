#pragma once

#include <cstdint>
#include <vector>

#include "common/byte_order.hh"
#include "dataplane/table/counters.hh"
#include "dataplane/table/forwarding_entry.hh"
#include "dataplane/table/protection.hh"
#include "dataplane/table/sender_table.hh"

namespace waggle {

/// Whom a flooded frame goes to.
struct flood_list {
    std::vector<vtep_index> vteps;
    std::vector<port_index> ports;
};

/// What a worker needs of an overlay per packet. Immutable once published (a change publishes a new one);
/// the counters it points to live as long as the overlay.
struct alignas(64) overlay_entry {
    /// VNI and reserved byte as in the second word of the VXLAN header.
    be32 vxlan_vni;
    overlay_index index = no_overlay;
    /// Largest inner IP packet, bytes.
    std::uint16_t mtu = 0;
    bool flood = false;
    /// Never null; empty lists where the overlay does not flood or has no members.
    const flood_list* flooding = nullptr;
    /// One block per worker.
    overlay_counters* counters = nullptr;
    /// How its packets come and go on the underlay.
    waggle::protection protection;
    /// What they may come with as well: a docker overlay's own associations, for peers that have some. Equal
    /// to `protection` for the other kinds.
    waggle::protection also_accepted;
    /// What they are sealed with; null exactly if protection is none.
    const sender_table* senders = nullptr;
    /// Of a docker overlay, preferred to `senders`; null: it has none of its own.
    const sender_table* own_senders = nullptr;

    /// Precondition: there is a protection. Between two quiescent reports.
    sender sender_for(vtep_index vtep, unsigned worker) const {
        if (own_senders != nullptr) [[unlikely]]
            if (const sender own = own_senders->find(vtep, worker); own.association() != nullptr) return own;
        return senders->find(vtep, worker);
    }
};

static_assert(sizeof(overlay_entry) == 64);

}  // namespace waggle
