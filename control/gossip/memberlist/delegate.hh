#pragma once

#include <string>
#include <vector>

#include "control/gossip/core/bytes.hh"
#include "control/gossip/core/effects.hh"
#include "control/gossip/core/time.hh"
#include "control/gossip/memberlist/member.hh"

namespace waggle::gossip {

/// What lies on top of a member list (NetworkDB). Called from within the member list's own event functions,
/// on the same thread; every call but the notifications' `member` arguments is only valid during the call.
/// A delegate may call the member list's send functions and look-ups from here, but none of its event
/// functions (receive_*, stream_*, advance, join, leave).
class delegate {
public:
    virtual ~delegate() = default;

    /// Goes into the alive message of this host, at most meta_limit bytes. Docker's is empty.
    virtual bytes node_meta() { return {}; }

    /// A user message, from a datagram or a stream. `from` is the sender's address, not a member's name.
    virtual void user_message(const ip_endpoint& from, byte_view message, time_point now) = 0;

    /// Messages to ride along in a datagram: appends to `out` what fits, where each costs its size plus
    /// `overhead` and the sum is at most `limit`.
    virtual void get_broadcasts(std::size_t overhead, std::size_t limit, std::vector<bytes>& out) = 0;

    /// The user state for a push/pull; `join` if it starts a membership.
    virtual bytes local_state(bool join, time_point now) = 0;
    /// The peer's user state; never called with an empty one.
    virtual void merge_remote_state(byte_view state, bool join, time_point now) = 0;

    /// A host appeared or came back (never the own one).
    virtual void node_joined(const member& who, time_point now) = 0;
    /// A host is gone: who.state says whether it died or left.
    virtual void node_left(const member& who, time_point now) = 0;
    /// Address or meta of a present host changed.
    virtual void node_updated(const member& who, time_point now) = 0;

    /// The host that memberlist::ping() asked for answered under that name.
    virtual void node_answered(const std::string& name, time_point now) = 0;

    /// The end of a reliable message; `id` is what send_reliable returned.
    virtual void reliable_sent(stream_id id, bool delivered, time_point now) = 0;
    /// A join() to this address ended: with a push/pull merged, or not.
    virtual void join_finished(const ip_endpoint& seed, bool joined, time_point now) = 0;
};

}  // namespace waggle::gossip
