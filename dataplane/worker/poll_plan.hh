#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/worker/port_slot.hh"

namespace waggle {

/// A receive queue and what to do with its frames. Made and destroyed by the main lcore; between them it
/// belongs to one worker.
struct polled_queue {
    port* source = nullptr;
    unsigned queue = 0;
    port_index index = 0;
    port_use use = port_use::access;
    /// Access ports.
    std::atomic<overlay_index> overlay{no_overlay};
    /// Underlay port: its exception TAP. Exception TAP: its underlay port.
    std::optional<port_index> partner;

    /// The worker's own: the descriptor told of frames and the queue was not empty since.
    bool hot = false;
    /// The worker's own: times in a row that the descriptor told of an error and nothing came.
    unsigned errors = 0;

    /// True if the worker need not look before the descriptor tells.
    bool is_watched() const { return source->event_descriptor(queue) >= 0 && !source->needs_arming(); }
};

/// What one worker does in each round. Immutable once published; freed after a grace period.
struct poll_plan {
    /// Rises with each plan of a worker.
    std::uint64_t number = 0;
    /// Asked in each round.
    std::vector<polled_queue*> polled;
    /// Asked when their descriptors tell.
    std::vector<polled_queue*> watched;
    /// Transmit queues that this worker serves for others.
    struct served_queue {
        handover* frames = nullptr;
        port_index index = 0;
    };
    std::vector<served_queue> served;
};

}  // namespace waggle
