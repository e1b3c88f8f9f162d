#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/byte_order.hh"
#include "common/ip_address.hh"
#include "dataplane/pipeline/outputs.hh"
#include "dataplane/table/counters.hh"
#include "dataplane/table/tables.hh"

struct rte_mempool;

namespace waggle {

/// Largest burst that goes through the stages at once.
inline constexpr unsigned burst_capacity = 64;

/// What one worker has at hand for both directions. One per worker, touched by no other thread (the
/// counters are read by others).
struct worker_context {
    const waggle::tables* tables = nullptr;
    waggle::outputs* outputs = nullptr;
    /// Counters of what happens before the overlay is known.
    overlay_counters* no_overlay_counters = nullptr;
    /// For the pieces of cut frames and the copies of flooded ones; data room holds a frame of the largest
    /// underlay MTU and the headroom an outer header.
    rte_mempool* packet_pool = nullptr;
    /// This host's VTEP addresses.
    std::optional<ip_address> vtep_v4;
    std::optional<ip_address> vtep_v6;
    be16 udp_port{4789};
    unsigned worker = 0;
    /// Worker's own time in TSC ticks, taken once a burst; for rate limits.
    std::uint64_t now = 0;
    std::uint64_t ticks_per_second = 1;
};

}  // namespace waggle
