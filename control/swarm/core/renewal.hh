#pragma once

#include <optional>
#include <string>

#include "control/swarm/core/back_off.hh"
#include "control/swarm/core/effects.hh"

namespace waggle::control::swarm {

/// Gets the node a new certificate in time: at a random moment between 50 and 80 % of the old one's validity,
/// or at once when the managers want it.
class renewal {
public:
    /// The identity is this from now on.
    void plan(const certificate_facts& facts, outbox& out);
    /// The managers want another certificate.
    void demand(instant at);
    void session_ended(instant at);
    /// Only with a session, on whose link it asks.
    void advance(const identity& self, link_id link, outbox& out, instant at);
    void key_made(result<certificate_request> made, outbox& out, instant at);
    /// True if the call is one of its own.
    bool answered(call_id call, const call_status& status, const manager_response& what, const identity& self,
                  outbox& out, instant at);

    /// The new identity, once.
    std::optional<identity> take_finished() { return std::exchange(_finished, std::nullopt); }
    std::chrono::system_clock::time_point planned() const { return _planned; }
    /// Why the last attempt failed; empty if none did.
    const std::string& problem() const { return _problem; }
    moment next_wake() const { return _due; }
    /// Translates the wall clock's plan, which may have been set meanwhile.
    void look_at_clock(instant at);

private:
    enum class step : std::uint8_t { idle, key, issue, certificate };

    void ask_certificate(outbox& out);
    void failed(const std::string& why, outbox& out, instant at);

    step _step = step::idle;
    std::chrono::system_clock::time_point _planned = std::chrono::system_clock::time_point::max();
    moment _due = never;
    bool _demanded = false;
    moment _last_success = moment::min();
    link_id _link = 0;
    call_id _call = 0;
    certificate_request _request;
    std::string _node_id;
    unsigned _asked = 0;
    back_off _wait{std::chrono::seconds(5), std::chrono::minutes(5)};
    std::string _problem;
    std::optional<identity> _finished;
};

}  // namespace waggle::control::swarm
