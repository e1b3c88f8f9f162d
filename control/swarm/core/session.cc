#include "control/swarm/core/session.hh"

#include <algorithm>
#include <utility>

#include "control/swarm/core/network_reader.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

/// From dialling to the first message; a manager that does not lead passes it on.
constexpr auto registration_timeout = 10s;
constexpr auto heartbeat_timeout = 5s;
constexpr auto usual_period = 5s;

/// A period that would flood a manager or have it forget this host is not believed.
std::chrono::milliseconds period_of(const wire::HeartbeatResponse& answer) {
    const auto seconds = std::clamp<std::int64_t>(answer.period().seconds(), 0, 3600);
    const auto nanos = std::clamp(answer.period().nanos(), 0, 999'999'999);
    const auto period = std::chrono::milliseconds(seconds * 1000 + nanos / 1'000'000);
    if (period == 0ms) return usual_period;
    return std::clamp<std::chrono::milliseconds>(period, 200ms, 60s);
}

}  // namespace

void session::start(wire::NodeDescription description, instant at) {
    _description = std::move(description);
    _state = state::waiting;
    _due = at.now;
    _wait.reset();
}

void session::close(outbox& out) {
    if (_link != 0) out.effects.emplace_back(close_link{_link});
    _link = 0;
    _session = 0;
    _assignments = 0;
    _heartbeat = 0;
    _heartbeat_due = never;
    _assignments_due = never;
    _due = never;
    _id.clear();
    _address.clear();
}

void session::stop(outbox& out) {
    close(out);
    _state = state::off;
    _renewing = false;
}

void session::renew(outbox& out, instant at) {
    if (_state == state::off) return;
    _renewing = registered();
    close(out);
    _state = state::waiting;
    _due = at.now;
}

session::outcome session::lose(const call_status& why, manager_list& managers, outbox& out, instant at) {
    managers.failed(_address);
    _failure = why;
    _failed_address = _address;
    close(out);
    _state = state::waiting;
    _renewing = false;
    _due = at.now + _wait.next(out.random);
    return outcome::lost;
}

void session::open(const identity& self, manager_list& managers, outbox& out, instant at) {
    _address = managers.choose(out.random);
    if (_address.empty()) {
        _failure = {call_code::unavailable, "no manager is known"};
        _failed_address.clear();
        _due = never;
        return;
    }
    _state = state::opening;
    _due = at.now + registration_timeout;
    _link = out.next_id();
    _session = out.next_id();
    out.effects.emplace_back(
        open_link{_link, _address, trust::member, self.root, self.certificate, self.key});
    wire::SessionRequest request;
    *request.mutable_description() = _description;
    wire::NodeTLSInfo& tls = *request.mutable_description()->mutable_tls_info();
    tls.set_trust_root(self.root);
    tls.set_cert_issuer_subject(self.facts.issuer_subject);
    tls.set_cert_issuer_public_key(self.facts.issuer_public_key);
    out.effects.emplace_back(open_session{_link, _session, std::move(request)});
}

void session::restart_assignments(outbox& out, instant at) {
    if (_assignments != 0) out.effects.emplace_back(close_stream{_assignments});
    _assignments = 0;
    _assignments_due = at.now + _assignments_wait.next(out.random);
}

session::outcome session::advance(const identity& self, manager_list& managers, outbox& out, instant at) {
    if (at.now >= _due) {
        if (_state == state::opening)
            return lose({call_code::deadline_exceeded, "it did not answer within 10 s"}, managers, out, at);
        if (_state == state::waiting) open(self, managers, out, at);
    }
    if (_state != state::registered) return outcome::none;
    if (at.now >= _heartbeat_due) {
        _heartbeat_due = never;
        wire::HeartbeatRequest request;
        request.set_session_id(_id);
        _heartbeat = out.call(_link, std::move(request), heartbeat_timeout);
    }
    if (at.now >= _assignments_due) {
        _assignments_due = never;
        _assignments = out.next_id();
        wire::AssignmentsRequest request;
        request.set_session_id(_id);
        out.effects.emplace_back(open_assignments{_link, _assignments, std::move(request)});
    }
    return outcome::none;
}

session::outcome session::heard(stream_id stream, const wire::SessionMessage& message, manager_list& managers,
                                outbox& out, instant at) {
    if (stream == 0 || stream != _session) return outcome::none;
    if (message.session_id().empty() || message.session_id().size() > longest_id)
        return lose({call_code::unknown, "it gave no session id"}, managers, out, at);
    const bool first = _state == state::opening;
    const bool other = message.session_id() != _id;
    _id = message.session_id();
    if (!first && !other) return outcome::told;
    _state = state::registered;
    _renewing = false;
    _due = never;
    _heartbeat_due = at.now;
    if (_assignments != 0) out.effects.emplace_back(close_stream{_assignments});
    _assignments = 0;
    _assignments_due = at.now;
    _assignments_wait.reset();
    if (first) managers.succeeded(_address);
    return outcome::registered;
}

session::outcome session::ended(stream_id stream, const call_status& why, manager_list& managers, outbox& out,
                                instant at) {
    if (stream == 0) return outcome::none;
    const call_status said = why.ok() ? call_status{call_code::unavailable, "it ended the session"} : why;
    if (stream == _session) return lose(said, managers, out, at);
    if (stream != _assignments) return outcome::none;
    switch (said.code) {
        case call_code::not_found:
        case call_code::invalid_argument:
        case call_code::permission_denied:
        case call_code::aborted:
            return lose(said, managers, out, at);
        default:
            _assignments = 0;
            restart_assignments(out, at);
    }
    return outcome::none;
}

session::outcome session::answered(call_id call, const call_status& status, const manager_response& what,
                                   manager_list& managers, outbox& out, instant at) {
    if (call == 0 || call != _heartbeat) return outcome::none;
    _heartbeat = 0;
    if (!status.ok()) return lose(status, managers, out, at);
    const auto* answer = std::get_if<wire::HeartbeatResponse>(&what);
    _heartbeat_due = at.now + (answer != nullptr ? period_of(*answer) : usual_period);
    // The session holds: the next failure is a first one.
    _wait.reset();
    return outcome::none;
}

moment session::next_wake() const {
    return std::min({_due, _heartbeat_due, _assignments_due});
}

}  // namespace waggle::control::swarm
