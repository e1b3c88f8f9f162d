#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <rte_mbuf.h>

#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/pipeline/worker_context.hh"

namespace waggle {

/// Bit i stands for packet i of a burst.
using packet_mask = std::uint64_t;
static_assert(burst_capacity == 64);

constexpr packet_mask first_packets(unsigned count) {
    return count == burst_capacity ? ~packet_mask{0} : (packet_mask{1} << count) - 1;
}
constexpr packet_mask bit_of(unsigned i) {
    return packet_mask{1} << i;
}

/// Calls f(i) for each packet of `mask` in order. The mask is taken at the start: f may drop packets. The
/// usual burst, from which nothing is missing, is a plain loop.
template <typename F>
inline void for_each(packet_mask mask, F&& f) {
    if ((mask & (mask + 1)) == 0) [[likely]] {
        const auto count = static_cast<unsigned>(__builtin_popcountll(mask));
        for (unsigned i = 0; i < count; ++i) f(i);
    } else {
        for (; mask != 0; mask &= mask - 1) f(static_cast<unsigned>(__builtin_ctzll(mask)));
    }
}

/// The first six bytes of a MAC load: a source address that no station may have (IEEE 802.3 section 3.2.3).
inline bool is_invalid_source(const std::uint8_t* frame) {
    std::uint64_t word;
    std::memcpy(&word, frame + offsetof(ethernet_header, source), sizeof word);
    return (word & 1) != 0 || (word & 0xffff'ffff'ffffU) == 0;
}

inline bool is_broadcast(const std::uint8_t* frame) {
    return header_at<ethernet_header>(frame).destination.is_broadcast();
}

/// What both directions hold of a burst: packets and what the stages found out about them, one array a fact
/// (a stage touches only the facts that it needs). Not initialised beyond `live`.
struct burst {
    /// Packets that the next stage has to look at; a packet that left or was dropped is not among them.
    packet_mask live = 0;
    unsigned dropped_count = 0;
    std::array<rte_mbuf*, burst_capacity> packets;
    /// Ethernet header of the inner frame.
    std::array<std::uint8_t*, burst_capacity> frames;
    /// Bytes of the inner frame.
    std::array<std::uint16_t, burst_capacity> lengths;
    /// Forwarding key of the inner destination.
    std::array<forwarding_key, burst_capacity> keys;
    std::array<forwarding_value, burst_capacity> targets;
    std::array<rte_mbuf*, burst_capacity> dropped;

    /// Takes packet i out of the burst without freeing it: someone else owns it now.
    void release(unsigned i) { live &= ~bit_of(i); }
    /// Takes packet i out of the burst; free_dropped() frees it.
    void discard(unsigned i) {
        release(i);
        dropped[dropped_count++] = packets[i];
    }
    void drop(unsigned i, drop_reason reason, overlay_counters& counters) {
        counters.drop(reason);
        discard(i);
    }
    /// From the keys of live packets to their targets. At least one is live.
    void find_targets(const forwarding_table& table) {
        const unsigned end = burst_capacity - static_cast<unsigned>(__builtin_clzll(live));
        for_each(first_packets(end) & ~live, [&](unsigned i) { keys[i] = forwarding_key(); });
        table.find(keys.data(), end, targets.data());
    }
    /// At the end of the burst: one call into the pool for all.
    void free_dropped() {
        if (dropped_count != 0) rte_pktmbuf_free_bulk(dropped.data(), dropped_count);
        dropped_count = 0;
    }
};

/// Gives the packets of `mask` to the outputs: packet i to port_of(i). Packets that stand side by side and go
/// to one port go at once.
template <typename PortOf>
inline void push_runs(outputs& to, const burst& b, packet_mask mask, PortOf&& port_of) {
    unsigned start = 0;
    unsigned end = 0;
    port_index port = 0;
    for_each(mask, [&](unsigned i) {
        const port_index wanted = port_of(i);
        if (i != end || wanted != port) [[unlikely]] {
            if (start != end) to.push(port, &b.packets[start], end - start);
            start = i;
            port = wanted;
        }
        end = i + 1;
    });
    if (start != end) to.push(port, &b.packets[start], end - start);
}

}  // namespace waggle
