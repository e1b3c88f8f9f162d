#pragma once

#include <string>

#include "control/gossip/core/effects.hh"

namespace waggle::gossip {

/// A deterministic protocol core: events with their time in, effects out; no clock, no socket, no thread of
/// its own. The transport runs it in the process, tests/sim runs thousands of it in virtual time. The caller
/// takes the effects after every event. Time never goes back from event to event.
class gossip_core {
public:
    virtual ~gossip_core() = default;

    /// A datagram, opened and unpacked: type byte and body.
    virtual void receive_packet(const ip_endpoint& from, byte_view message, time_point now) = 0;
    /// The whole message of a stream that a peer opened. An answer, if any, is in the effects of this event.
    virtual void receive_stream(stream_id id, const ip_endpoint& from, byte_view message, time_point now) = 0;
    /// The answer on a stream opened with wants_answer. Nothing more comes of this stream.
    virtual void stream_answered(stream_id id, byte_view message, time_point now) = 0;
    /// All was handed to the peer's kernel, and no answer was wanted. Nothing more comes of this stream.
    virtual void stream_sent(stream_id id, time_point now) = 0;
    /// Refused, broken, timed out or answered with rubbish. Nothing more comes of this stream.
    virtual void stream_failed(stream_id id, const std::string& why, time_point now) = 0;

    /// Runs what is due. To be called at next_wake() or later; earlier calls do nothing.
    virtual void advance(time_point now) = 0;
    /// When advance() is needed next; `never` if no timer is running. May change with every event.
    virtual time_point next_wake() const = 0;

    /// What the events since the last call brought about.
    virtual effects take_effects() = 0;
};

}  // namespace waggle::gossip
