#pragma once

#include "dataplane/pipeline/worker_context.hh"

namespace waggle {

/// Where packets of an underlay port go that are not ours: the exception TAP, or nowhere.
struct underlay_origin {
    port_index port = 0;
    std::optional<port_index> exception;
    /// By another worker, because this one owns the security association that opens them.
    bool handed_over = false;
    /// By another worker, which has opened them in place and left what is around the text as it was.
    bool opened = false;
};

/// Tunnel to container. Takes ownership of `count` (at most burst_capacity) packets, Ethernet header first,
/// that came in on an underlay port: each leaves through `context.outputs` to an access port (or to the
/// kernel by the exception port) or is dropped, counted and freed. Does not flush the outputs.
void decapsulate(worker_context& context, const underlay_origin& from, rte_mbuf** packets, unsigned count);

}  // namespace waggle
