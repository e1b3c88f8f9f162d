#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "common/byte_order.hh"
#include "common/ip_address.hh"
#include "dataplane/pipeline/flow_spreader.hh"
#include "dataplane/pipeline/known_senders.hh"
#include "dataplane/pipeline/outputs.hh"
#include "dataplane/pipeline/token_bucket.hh"
#include "dataplane/table/counters.hh"
#include "dataplane/table/tables.hh"

struct rte_mempool;

namespace waggle {

/// Largest burst that goes through the stages at once.
inline constexpr unsigned burst_capacity = 64;

/// port::takes_offloads() of every port, by index: the stages make no virtual call a packet. The main lcore
/// sets a port's flag before the tables name the port.
using offload_flags = std::array<std::atomic<bool>, port_capacity>;

/// What one worker has at hand for both directions. One per worker, touched by no other thread (the
/// counters are read by others).
struct worker_context {
    const waggle::tables* tables = nullptr;
    waggle::outputs* outputs = nullptr;
    /// Packets for decapsulate() on other workers, by the worker's number in place of a port's; the owner
    /// flushes both. May be null where there is one worker.
    waggle::outputs* other_workers = nullptr;
    /// The same for packets that this worker has opened. Without it nothing is spread.
    waggle::outputs* other_workers_opened = nullptr;
    /// Counters of what happens before the overlay is known.
    overlay_counters* no_overlay_counters = nullptr;
    /// Never null.
    const offload_flags* takes_offloads = nullptr;
    /// For the pieces of cut frames and the copies of flooded ones; data room holds a frame of the largest
    /// underlay MTU and the headroom an outer header.
    rte_mempool* packet_pool = nullptr;
    /// This host's VTEP addresses.
    std::optional<ip_address> vtep_v4;
    std::optional<ip_address> vtep_v6;
    /// Of VXLAN; the worker follows it.
    be16 udp_port{4789};
    /// Our port of ESP in UDP (RFC 3948); 0: it is not spoken.
    std::uint16_t esp_udp_port = 0;
    unsigned worker = 0;
    /// Worker's own time in TSC ticks, taken once a burst; for rate limits.
    std::uint64_t now = 0;
    std::uint64_t ticks_per_second = 1;
    /// ICMP answers to frames that are too big (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 f).
    token_bucket icmp_answers{1000, 100};
    /// Identification of the next outer IPv4 header (RFC 6864).
    std::uint16_t next_ip_id = 0;
    known_senders senders;
    flow_spreader spreader;
};

}  // namespace waggle
