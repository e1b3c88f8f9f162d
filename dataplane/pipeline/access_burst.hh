#pragma once

#include "dataplane/pipeline/burst.hh"

namespace waggle {

/// Frames on their way into the tunnel.
struct access_burst : burst {
    const overlay_entry* overlay = nullptr;
    /// This worker's, of that overlay.
    overlay_counters* counters = nullptr;
    port_index from = 0;

    /// ARP and ICMPv6, which may be neighbour discovery.
    packet_mask neighbours = 0;
    /// Broadcast and multicast destinations.
    packet_mask groups = 0;
    /// Frames with a packet_offload.
    packet_mask offloads = 0;
    /// Frames for the flood stage; not live.
    packet_mask floods = 0;

    std::array<std::uint32_t, burst_capacity> flow_hashes;
    /// TOS or traffic class of the frame.
    std::array<std::uint8_t, burst_capacity> tos;
    /// Null: no such VTEP any more.
    std::array<const vtep_entry*, burst_capacity> vteps;

    void drop(unsigned i, drop_reason reason) { burst::drop(i, reason, *counters); }

    /// Takes one more packet, which has the facts of packet `i` of `other`.
    void append(rte_mbuf* packet, const access_burst& other, unsigned i, const vtep_entry* vtep) {
        const auto at = static_cast<unsigned>(__builtin_popcountll(live));
        live |= bit_of(at);
        packets[at] = packet;
        frames[at] = rte_pktmbuf_mtod(packet, std::uint8_t*);
        lengths[at] = packet->data_len;
        flow_hashes[at] = other.flow_hashes[i];
        tos[at] = other.tos[i];
        vteps[at] = vtep;
    }
    /// An empty burst of the same origin.
    access_burst sibling() const {
        access_burst empty;
        empty.overlay = overlay;
        empty.counters = counters;
        empty.from = from;
        return empty;
    }
};

}  // namespace waggle
