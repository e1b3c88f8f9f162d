#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dataplane/table/drop_reason.hh"

namespace waggle {

/// A counter with one writing worker and any number of readers: no locked instruction on the data path.
class worker_counter {
public:
    void add(std::uint64_t n) {
        _value.store(_value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::uint64_t read() const { return _value.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> _value{0};
};

/// What one worker counted on one overlay.
struct alignas(64) overlay_counters {
    worker_counter encapsulated_packets;
    worker_counter encapsulated_bytes;
    worker_counter decapsulated_packets;
    worker_counter decapsulated_bytes;
    /// Frames between two access ports of this host.
    worker_counter local_packets;
    /// ARP and neighbour solicitations answered from the table.
    worker_counter neighbours_answered;
    /// Copies made of flooded frames.
    worker_counter replicated_packets;
    /// Frames handed on to the kernel through the exception TAP (overlay slot 0).
    worker_counter to_kernel_packets;
    std::array<worker_counter, drop_reason_count> drops;

    void drop(drop_reason reason, std::uint64_t n = 1) { drops[static_cast<std::size_t>(reason)].add(n); }
};

}  // namespace waggle
