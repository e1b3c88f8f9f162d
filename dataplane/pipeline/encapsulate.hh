#pragma once

#include "dataplane/pipeline/worker_context.hh"

namespace waggle {

/// Container to tunnel. Takes ownership of `count` (at most burst_capacity) frames that came in on access
/// port `from` of overlay `overlay`: each leaves through `context.outputs` (tunnelled, answered, or to
/// another local port) or is dropped, counted and freed. Does not flush the outputs.
void encapsulate(worker_context& context, port_index from, overlay_index overlay, rte_mbuf** packets,
                 unsigned count);

}  // namespace waggle
