#pragma once

#include "dataplane/pipeline/worker_context.hh"

struct rte_mbuf;

namespace waggle {

/// A linear copy of a linear frame without pending offloads, from the worker's packet pool. Null, and
/// counted, if there is no memory or the frame is longer than a buffer.
rte_mbuf* copy_frame(worker_context& context, overlay_counters& counters, const rte_mbuf* frame);

}  // namespace waggle
