#pragma once

#include <memory>

#include <rte_ring.h>

#include "common/result.hh"
#include "dataplane/worker/wake_up.hh"

struct rte_mbuf;

namespace waggle {

/// Frames on their way to what another worker owns, a transmit queue or a security association: many workers
/// put, the owner takes.
class handover {
public:
    /// `owner`: of the worker that takes; outlives this.
    static result<std::unique_ptr<handover>> create(wake_up& owner);

    /// Takes ownership of the first n returned frames.
    unsigned put(rte_mbuf** packets, unsigned count) {
        const unsigned taken =
            rte_ring_mp_enqueue_burst(_ring.get(), reinterpret_cast<void**>(packets), count, nullptr);
        if (taken != 0) _owner.call();
        return taken;
    }
    unsigned take(rte_mbuf** packets, unsigned capacity) {
        return rte_ring_sc_dequeue_burst(_ring.get(), reinterpret_cast<void**>(packets), capacity, nullptr);
    }
    bool is_empty() const { return rte_ring_empty(_ring.get()) != 0; }
    /// Frees the frames that were not taken.
    ~handover();

private:
    using ring = std::unique_ptr<rte_ring, void (*)(void*)>;
    handover(ring frames, wake_up& owner) : _ring(std::move(frames)), _owner(owner) {}

    ring _ring;
    wake_up& _owner;
};

}  // namespace waggle
