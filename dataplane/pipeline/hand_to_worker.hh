#pragma once

#include <cstdint>

#include "dataplane/pipeline/tunnel_burst.hh"

namespace waggle {

/// ESP packet i goes as it came to `worker`, which owns the association that opens it.
void hand_to_worker(worker_context& context, tunnel_burst& b, unsigned i, std::uint32_t worker);

}  // namespace waggle
