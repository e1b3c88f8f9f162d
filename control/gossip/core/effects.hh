#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/gossip/core/bytes.hh"
#include "control/gossip/core/ip_endpoint.hh"
#include "control/gossip/core/time.hh"

namespace waggle::gossip {

/// Names a stream between a core and whoever runs it. Numbers of streams that the core opened and of streams
/// that peers opened are two separate series.
using stream_id = std::uint64_t;

/// A datagram: type byte and body, not sealed and not compressed; that is the transport's work.
struct packet_to_send {
    ip_endpoint to;
    bytes message;
};

/// A TCP connection to make, with one message to send on it.
struct stream_to_open {
    stream_id id = 0;
    ip_endpoint to;
    bytes message;
    /// Wait for one message in return (stream_answered); otherwise stream_sent ends it.
    bool wants_answer = false;
    /// For everything from connecting to the last byte of the answer.
    duration timeout{};
};

/// The answer on a stream that a peer opened; the connection is closed after it.
struct stream_answer {
    stream_id id = 0;
    bytes message;
};

/// A line for the log.
struct notice {
    enum class importance : std::uint8_t { debug, info, warning };
    importance level = importance::info;
    std::string text;
};

/// What a core wants done, in order. A peer's stream that is not answered is closed.
struct effects {
    std::vector<packet_to_send> packets;
    std::vector<stream_to_open> streams;
    std::vector<stream_answer> answers;
    std::vector<notice> notices;

    bool empty() const { return packets.empty() && streams.empty() && answers.empty() && notices.empty(); }
};

}  // namespace waggle::gossip
