#include "dataplane/pipeline/access_stages.hh"

namespace waggle {

void transmit(worker_context& context, access_burst& b) {
    std::uint64_t bytes = 0;
    push_runs(*context.outputs, b, b.live, [&](unsigned i) {
        bytes += b.lengths[i];
        return b.vteps[i]->port;
    });
    b.counters->encapsulated_packets.add(static_cast<std::uint64_t>(__builtin_popcountll(b.live)));
    b.counters->encapsulated_bytes.add(bytes);
}

}  // namespace waggle
