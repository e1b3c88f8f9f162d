#pragma once

#include "dataplane/pipeline/tunnel_burst.hh"

namespace waggle {

/// Opens those of the ESP packets `sealed` (at least one) that came over IPv4 from the same host by the same
/// association as the first one, as long as they are numbered one by one and fresh: each packet is touched
/// once, while the cipher works on another. `association`: of the first one; this worker is its owner. The
/// packets that are done with, one way or another. `now` in ns.
packet_mask open_usual(worker_context& context, tunnel_burst& b, packet_mask sealed,
                       esp::inbound_association& association, std::uint64_t now);

}  // namespace waggle
