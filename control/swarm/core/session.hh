#pragma once

#include <string>

#include "control/swarm/core/back_off.hh"
#include "control/swarm/core/effects.hh"
#include "control/swarm/core/manager_list.hh"

namespace waggle::control::swarm {

/// The dispatcher session: registered with one manager, heartbeats at the period it asks for, its two
/// streams, and another manager after a random wait when it is lost.
class session {
public:
    /// What an event brought about.
    enum class outcome : std::uint8_t {
        /// Not of this session, or nothing to tell.
        none,
        /// The first message of a session: registered.
        registered,
        /// Another message of the session.
        told,
        /// It ended or could not be had; failure() says why.
        lost,
    };

    /// From now on there is to be one. `description` without its TLS part.
    void start(wire::NodeDescription description, instant at);
    /// There is to be none.
    void stop(outbox& out);
    /// With what the identity is now: a new session without a wait.
    void renew(outbox& out, instant at);
    /// The assignments have to be heard from their begin: the chain broke.
    void restart_assignments(outbox& out, instant at);

    outcome advance(const identity& self, manager_list& managers, outbox& out, instant at);
    outcome heard(stream_id stream, const wire::SessionMessage& message, manager_list& managers, outbox& out,
                  instant at);
    outcome ended(stream_id stream, const call_status& why, manager_list& managers, outbox& out, instant at);
    outcome answered(call_id call, const call_status& status, const manager_response& what,
                     manager_list& managers, outbox& out, instant at);
    /// True if the message of this stream is to be taken up.
    bool is_assignments(stream_id stream) const { return stream != 0 && stream == _assignments; }

    bool registered() const { return _state == state::registered; }
    /// A new session takes the place of one that was given up on purpose.
    bool renewing() const { return _renewing; }
    link_id link() const { return _link; }
    const std::string& id() const { return _id; }
    const std::string& address() const { return _address; }
    const call_status& failure() const { return _failure; }
    /// Of the manager that failed.
    const std::string& failed_address() const { return _failed_address; }
    moment next_wake() const;

private:
    enum class state : std::uint8_t { off, waiting, opening, registered };

    void open(const identity& self, manager_list& managers, outbox& out, instant at);
    void close(outbox& out);
    outcome lose(const call_status& why, manager_list& managers, outbox& out, instant at);

    state _state = state::off;
    wire::NodeDescription _description;
    back_off _wait{std::chrono::milliseconds(100), std::chrono::seconds(8)};
    back_off _assignments_wait{std::chrono::milliseconds(100), std::chrono::seconds(8)};
    /// Of the next attempt, or of the first message.
    moment _due = never;
    moment _heartbeat_due = never;
    moment _assignments_due = never;
    link_id _link = 0;
    stream_id _session = 0;
    stream_id _assignments = 0;
    call_id _heartbeat = 0;
    std::string _id;
    std::string _address;
    std::string _failed_address;
    call_status _failure;
    bool _renewing = false;
};

}  // namespace waggle::control::swarm
