#include <rte_mbuf.h>

#include "dataplane/pipeline/decapsulate.hh"
#include "dataplane/worker/worker.hh"

namespace waggle {

void worker::connect(std::vector<rings> to) {
    _rings = std::move(to);
    _context.other_workers_opened = &_other_workers_opened;
    _context.spreader = flow_spreader(_context.worker, static_cast<std::uint32_t>(_rings.size()));
}

unsigned worker::take_handed_over() {
    if (_rings.empty()) return 0;
    const rings& own = _rings[_context.worker];
    return take(*own.sealed, false) + take(*own.opened, true);
}

unsigned worker::take(handover& ring, bool opened) {
    std::array<rte_mbuf*, burst_capacity> packets;
    const unsigned count = ring.take(packets.data(), burst_capacity);
    if (count == 0) return 0;
    // What it is for was known to who handed it over: nothing of it is the kernel's.
    decapsulate(_context, {.exception = std::nullopt, .handed_over = !opened, .opened = opened},
                packets.data(), count);
    flush();
    return count;
}

bool worker::rings_are_empty() const {
    if (_rings.empty()) return true;
    const rings& own = _rings[_context.worker];
    return own.sealed->is_empty() && own.opened->is_empty();
}

void worker::flush_other_workers(void* self, port_index to, rte_mbuf** packets, unsigned count) {
    worker& from = *static_cast<worker*>(self);
    from.hand_over(*from._rings[to].sealed, packets, count);
}

void worker::flush_opened(void* self, port_index to, rte_mbuf** packets, unsigned count) {
    worker& from = *static_cast<worker*>(self);
    from.hand_over(*from._rings[to].opened, packets, count);
}

void worker::hand_over(handover& ring, rte_mbuf** packets, unsigned count) {
    const unsigned taken = ring.put(packets, count);
    if (taken == count) [[likely]]
        return;
    _context.no_overlay_counters->drop(drop_reason::handover_full, count - taken);
    rte_pktmbuf_free_bulk(packets + taken, count - taken);
}

result<std::vector<std::unique_ptr<handover>>> connect_workers(const std::vector<worker*>& workers) {
    std::vector<std::unique_ptr<handover>> rings;
    std::vector<worker::rings> by_number;
    if (workers.size() < 2) return rings;
    for (worker* const one : workers) {
        result<std::unique_ptr<handover>> sealed = handover::create(one->waking());
        if (!sealed) return sealed.failure();
        result<std::unique_ptr<handover>> opened = handover::create(one->waking());
        if (!opened) return opened.failure();
        by_number.push_back({sealed->get(), opened->get()});
        rings.push_back(*std::move(sealed));
        rings.push_back(*std::move(opened));
    }
    for (worker* const one : workers) one->connect(by_number);
    return rings;
}

}  // namespace waggle
