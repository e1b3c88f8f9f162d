#pragma once

#include <vector>

#include "dataplane/port/port.hh"
#include "dataplane/table/counters.hh"

namespace waggle {

/// What one worker counts on its queue of a port.
struct alignas(64) queue_counters {
    worker_counter received_packets;
    worker_counter received_bytes;
    worker_counter sent_packets;
    worker_counter sent_bytes;
    worker_counter joined_packets;
    worker_counter receive_errors;
    worker_counter send_errors;
};

inline port_statistics sum_of(const std::vector<queue_counters>& queues) {
    port_statistics sum;
    for (const queue_counters& queue : queues) {
        sum.received_packets += queue.received_packets.read();
        sum.received_bytes += queue.received_bytes.read();
        sum.sent_packets += queue.sent_packets.read();
        sum.sent_bytes += queue.sent_bytes.read();
        sum.joined_packets += queue.joined_packets.read();
        sum.receive_errors += queue.receive_errors.read();
        sum.send_errors += queue.send_errors.read();
    }
    return sum;
}

}  // namespace waggle
