#pragma once

#include <string>
#include <vector>

#include "control/swarm/core/assignments.hh"
#include "control/swarm/core/effects.hh"

namespace waggle::control::swarm {

/// Tells the managers how the tasks of this node are: attachments run, what is to end has ended, and
/// containers are rejected, as this host runs none.
class status_reporter {
public:
    /// Of one message; the rest follows when it is answered.
    static constexpr std::size_t most_updates = 1000;

    /// The tasks are others than before, or a new session began.
    void look(instant at);
    void session_ended() { _call = 0; }
    void advance(const assignments& from, link_id link, const std::string& session_id, outbox& out,
                 instant at);
    /// True if the call is one of its own.
    bool answered(call_id call, const call_status& status, assignments& reported, instant at);
    moment next_wake() const { return _call == 0 ? _due : never; }
    /// Tasks of services, by one count for each.
    std::uint64_t rejected() const { return _rejected; }

private:
    struct told {
        std::string task;
        wire::TaskState state;
    };
    moment _due = never;
    call_id _call = 0;
    std::vector<told> _told;
    std::uint64_t _rejected = 0;
};

}  // namespace waggle::control::swarm
