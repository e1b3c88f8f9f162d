#pragma once

#include <cstdint>

#include "dataplane/pipeline/tunnel_burst.hh"

namespace waggle {

/// ESP packet i goes as it came to `worker`, which owns the association that opens it.
void hand_to_worker(worker_context& context, tunnel_burst& b, unsigned i, std::uint32_t worker);

/// ESP packet i, whose text was opened in place, goes to `worker`, which is to go on with it. Its facts are
/// still those of the ESP header.
void hand_opened_to_worker(worker_context& context, tunnel_burst& b, unsigned i, std::uint32_t worker);

}  // namespace waggle
