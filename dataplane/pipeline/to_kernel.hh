#pragma once

#include "dataplane/pipeline/tunnel_burst.hh"

namespace waggle {

/// Packet i is none of ours: to the kernel where it has a port for that, else dropped for `reason`.
void to_kernel_or_drop(worker_context& context, tunnel_burst& b, unsigned i, drop_reason reason);

}  // namespace waggle
