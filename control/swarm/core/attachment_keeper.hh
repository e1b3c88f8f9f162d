#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "control/swarm/core/assignments.hh"
#include "control/swarm/core/back_off.hh"
#include "control/swarm/core/effects.hh"

namespace waggle::control::swarm {

/// Brings the attachments that the managers have for this node to what is wanted: asks for what is new, takes
/// up what an earlier life had, gives back what nobody wants any more.
class attachment_keeper {
public:
    /// Calls under way at a time; the managers write each down before they answer.
    static constexpr std::size_t most_calls = 32;

    void want(std::map<std::string, wanted_attachment> wanted, instant at);
    /// The tasks are others than before, or a complete list was heard.
    void look() { _looked = false; }
    /// What was under way is of unknown outcome: the next complete list tells.
    void session_ended(instant at);
    /// `link`: of a session whose complete list was heard; without one nothing is asked of the managers.
    void advance(const assignments& tasks, std::optional<link_id> link, outbox& out, instant at);
    /// True if the call is one of its own.
    bool answered(call_id call, const call_status& status, const manager_response& what, outbox& out,
                  instant at);
    /// With a link.
    moment next_wake() const;
    /// want() was called.
    bool told() const { return _told; }

    /// The task that grants each wish, by container id; empty while none does.
    const assignments::task* granted(const assignments& tasks, const std::string& container_id) const;
    /// Why a wish is not granted, by container id.
    std::map<std::string, std::string> refused() const;
    /// Nothing is under way and nothing waits to be given back.
    bool settled() const { return _looked && _calls.empty() && _surplus.empty(); }
    /// Wishes or their state are others than at the last call.
    bool take_changed() { return std::exchange(_changed, false); }

private:
    struct wish {
        wanted_attachment what;
        back_off wait{std::chrono::seconds(1), std::chrono::seconds(30)};
        /// When something is to be done for it; in _due as well.
        moment due = never;
        call_id call = 0;
        /// Of the managers, and not heard of in the assignments yet.
        std::string expected;
        moment asked;
        /// Of the task in the assignments.
        std::string granted;
        std::string refused;
    };
    struct call_state {
        std::string container_id;
        /// Of a detach.
        std::string task;
    };
    using wishes = std::map<std::string, wish>;

    void schedule(wishes::value_type& each, moment when);
    void refuse(wishes::value_type& each, const std::string& why);
    void match(const assignments& tasks, outbox& out, instant at);
    void attend(wishes::value_type& each, link_id link, outbox& out, instant at);
    void attach_answered(const std::string& container_id, const call_status& status,
                         const manager_response& what, outbox& out, instant at);

    bool _told = false;
    bool _looked = false;
    bool _changed = false;
    wishes _wishes;
    std::set<std::pair<moment, std::string>> _due;
    std::map<call_id, call_state> _calls;
    /// Tasks to give back; false once a call for it is under way.
    std::map<std::string, bool> _surplus;
    /// Given back; the managers' word of it is still to come.
    std::set<std::string> _given_back;
    back_off _detach_wait{std::chrono::seconds(1), std::chrono::seconds(30)};
    moment _detach_after = moment::min();
};

}  // namespace waggle::control::swarm
