#pragma once

#include "dataplane/pipeline/burst.hh"
#include "dataplane/pipeline/decapsulate.hh"

namespace waggle {

/// Packets on their way out of the tunnel.
struct tunnel_burst : burst {
    underlay_origin from;
    unsigned count = 0;

    /// Packets with a packet_offload.
    packet_mask offloads = 0;
    /// Outer header of IPv6.
    packet_mask ipv6 = 0;
    /// ESP packets: until open() has opened them, `frames`, `lengths` and `outer_lengths` are of the ESP
    /// header.
    packet_mask sealed = 0;
    /// Outer ECN field CE or ECT(1), the two that may change the inner one.
    packet_mask marked = 0;
    /// Frames for all local ports of the overlay; live too.
    packet_mask floods = 0;
    /// Packets in a shared_buffer.
    packet_mask shared = 0;
    /// The packet behind the last one is several in one, which have to be taken apart.
    bool ends_at_aggregate = false;

    /// From the start of the packet to the VXLAN header.
    std::array<std::uint8_t, burst_capacity> outer_lengths;
    std::array<std::uint8_t, burst_capacity> outer_tos;
    /// Outer source address in the packet.
    std::array<const std::uint8_t*, burst_capacity> sources;
    std::array<const overlay_entry*, burst_capacity> overlays;
    /// What an opened packet's association is bound to.
    std::array<protection, burst_capacity> protections;

    ip_address source(unsigned i) const {
        return (ipv6 & bit_of(i)) != 0 ? ip_address::load_v6(sources[i]) : ip_address::load_v4(sources[i]);
    }
};

}  // namespace waggle
