#include "dataplane/worker/handover.hh"

#include <cstdlib>

#include <rte_mbuf.h>

namespace waggle {
namespace {

constexpr unsigned capacity = 1024;

}  // namespace

result<std::unique_ptr<handover>> handover::create(wake_up& owner) {
    const std::size_t size = (static_cast<std::size_t>(rte_ring_get_memsize(capacity)) + 63) / 64 * 64;
    ring frames(static_cast<rte_ring*>(std::aligned_alloc(64, size)), std::free);
    if (!frames || rte_ring_init(frames.get(), "handover", capacity, RING_F_SC_DEQ) != 0)
        return error{"no memory for handing frames from worker to worker"};
    return std::unique_ptr<handover>(new handover(std::move(frames), owner));
}

handover::~handover() {
    rte_mbuf* packet = nullptr;
    while (take(&packet, 1) == 1) rte_pktmbuf_free(packet);
}

}  // namespace waggle
