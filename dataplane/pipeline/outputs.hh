#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "dataplane/table/forwarding_entry.hh"

struct rte_mbuf;

namespace waggle {

/// Highest number of ports of a dataplane, TAPs included; port indexes are below it.
inline constexpr unsigned port_capacity = 4096;

/// Frames on their way out of a worker, gathered per port so that each port sees bursts. The owner flushes
/// at the end of every receive burst; a full batch flushes itself.
class outputs {
public:
    static constexpr unsigned batch_capacity = 64;
    /// Takes ownership of all `count` frames: sends what it can, counts and frees the rest.
    using flush_function = void (*)(void* owner, port_index port, rte_mbuf** packets, unsigned count);

    outputs(flush_function function, void* owner) : _flush(function), _owner(owner) {}

    void push(port_index port, rte_mbuf* packet) {
        batch& to = batch_of(port);
        to.packets[to.count++] = packet;
        if (to.count == batch_capacity) flush(to);
    }
    /// Several frames for one port, in order; for many a great deal cheaper than one by one.
    [[gnu::noinline]] void push(port_index port, rte_mbuf* const* packets, unsigned count) {
        batch& to = batch_of(port);
        while (count != 0) {
            const unsigned part = std::min(count, batch_capacity - to.count);
            std::copy_n(packets, part, to.packets.begin() + to.count);
            to.count += part;
            packets += part;
            count -= part;
            if (to.count == batch_capacity) flush(to);
        }
    }
    void flush_all() {
        for (unsigned i = 0; i < _used; ++i)
            if (_batches[i].count != 0) flush(_batches[i]);
        _used = 0;
    }

private:
    struct batch {
        port_index port = 0;
        unsigned count = 0;
        std::array<rte_mbuf*, batch_capacity> packets{};
    };
    /// A burst seldom goes to more than a handful of ports: a short linear search beats a table.
    static constexpr unsigned open_batches = 16;

    batch& batch_of(port_index port) {
        for (unsigned i = 0; i < _used; ++i)
            if (_batches[i].port == port) return _batches[i];
        if (_used == open_batches) flush_all();
        batch& opened = _batches[_used++];
        opened.port = port;
        opened.count = 0;
        return opened;
    }
    void flush(batch& from) {
        _flush(_owner, from.port, from.packets.data(), from.count);
        from.count = 0;
    }

    flush_function _flush;
    void* _owner;
    unsigned _used = 0;
    std::array<batch, open_batches> _batches{};
};

}  // namespace waggle
