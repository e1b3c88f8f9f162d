#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/pipeline/frame_copy.hh"
#include "dataplane/pipeline/plain_frames.hh"

namespace waggle {
namespace {

drop_reason without_recipients(const access_burst& b, unsigned i) {
    if ((b.groups & bit_of(i)) == 0) return drop_reason::unknown_destination;
    return is_broadcast(b.frames[i]) ? drop_reason::broadcast : drop_reason::multicast;
}

/// Sends frames put aside to everyone. Copies for VTEPs gather in a burst of their own.
class replication {
public:
    replication(worker_context& context, const access_burst& b)
        : _context(context), _origin(b), _list(*b.overlay->flooding), _copies(b.sibling()) {
        for (const port_index port : _list.ports) _recipients += port != b.from ? 1 : 0;
        _recipients += _list.vteps.size();
    }
    bool has_recipients() const { return _recipients != 0; }

    /// Takes a frame without offloads, with the facts of packet i.
    void send(rte_mbuf* frame, unsigned i) {
        _origin.counters->replicated_packets.add(_recipients - 1);
        std::size_t left = _recipients;
        for (const port_index port : _list.ports) {
            if (port == _origin.from) continue;
            rte_mbuf* const copy = --left == 0 ? frame : copy_frame(_context, *_origin.counters, frame);
            if (copy == nullptr) continue;
            _origin.counters->local_packets.add(1);
            _context.outputs->push(port, copy);
        }
        for (const vtep_index vtep : _list.vteps) {
            rte_mbuf* const copy = --left == 0 ? frame : copy_frame(_context, *_origin.counters, frame);
            if (copy == nullptr) continue;
            if (_copies.live == first_packets(burst_capacity)) flush();
            _copies.append(copy, _origin, i, _context.tables->vtep(vtep));
        }
    }
    void flush() {
        if (_copies.live == 0) return;
        through_tunnel(_context, _copies);
        _copies.free_dropped();
        _copies.live = 0;
    }

private:
    worker_context& _context;
    const access_burst& _origin;
    const flood_list& _list;
    std::size_t _recipients = 0;
    access_burst _copies;
};

}  // namespace

void flood(worker_context& context, access_burst& b) {
    if (b.floods == 0) [[likely]]
        return;
    replication all(context, b);
    for_each(b.floods, [&](unsigned i) {
        if (!all.has_recipients()) return b.drop(i, without_recipients(b, i));
        const auto send = [&](rte_mbuf* frame) { all.send(frame, i); };
        if ((b.offloads & bit_of(i)) != 0)
            for_each_plain(context, *b.counters, b.packets[i], send);
        else
            send(b.packets[i]);
    });
    all.flush();
}

}  // namespace waggle
