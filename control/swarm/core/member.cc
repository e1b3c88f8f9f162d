#include "control/swarm/core/member.hh"

#include <algorithm>
#include <utility>

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

/// Between two looks whether the certificate has ended.
constexpr auto clock_period = 10s;
constexpr const char* join_again = "join again with a token (`docker swarm join-token worker` on a manager)";

}  // namespace

void member::start(std::optional<identity> self, waggle::swarm::SavedState state,
                   const waggle::swarm::SavedKeys& keys, instant at) {
    if (!self) return;
    _managers.replace(state.managers());
    for (wire::Task& task : *state.mutable_tasks()) _assignments.restore(std::move(task));
    if (state.has_node()) read_node(state.node());
    read_keys(keys.keys());
    take_up(std::move(*self), at);
    proceed(at);
}

void member::start_without(const error& why) {
    _view.phase = phase::expelled;
    _view.problem = why.message;
    changed();
}

void member::take_up(identity self, instant at) {
    _view.node_id = self.facts.node_id;
    _view.cluster_id = self.facts.cluster_id;
    _view.role = self.facts.role == "swarm-manager" ? "manager" : "worker";
    _view.certificate_begins = self.facts.begins;
    _view.certificate_ends = self.facts.ends;
    _renewal.plan(self.facts, _out);
    _view.renewal = _renewal.planned();
    _view.phase = phase::disconnected;
    _clock_at = at.now;
    _self = std::move(self);
    _session.start(_description, at);
    changed();
}

void member::want(std::map<std::string, wanted_attachment> wanted, instant at) {
    _wanted = wanted;
    _wanted_told = true;
    if (_ending != ending::none) return;
    _keeper.want(std::move(wanted), at);
    proceed(at);
}

void member::expel(std::string why, instant at) {
    if (_view.phase == phase::expelled) return;
    _out.warn(why);
    _session.stop(_out);
    lost(at);
    _view.phase = phase::expelled;
    _view.problem = std::move(why);
}

void member::lost(instant at) {
    _heard_complete = false;
    _keeper.session_ended(at);
    _reporter.session_ended();
    _renewal.session_ended(at);
    _view.session_manager.clear();
    if (!_session.renewing()) _view.phase = phase::disconnected;
    changed();
}

void member::after(session::outcome what, instant at) {
    if (what == session::outcome::none) return;
    changed();
    if (what == session::outcome::lost) {
        const bool was_ready = _view.phase == phase::ready;
        lost(at);
        const call_status& why = _session.failure();
        if (was_ready)
            _out.warn("the session with manager " + _session.failed_address() + " is lost: " + why.message);
        if (why.code == call_code::permission_denied &&
            why.message.find("removed from swarm") != std::string::npos)
            expel("the managers have removed this node from the swarm: " + std::string(join_again), at);
        return;
    }
    if (what == session::outcome::registered) {
        // Everything that hung on an earlier session id is void.
        lost(at);
        _out.log("registered with manager " + _session.address());
        _view.phase = phase::ready;
        _view.session_manager = _session.address();
    }
}

void member::session_heard(stream_id stream, const wire::SessionMessage& message, instant at) {
    const auto what = _session.heard(stream, message, _managers, _out, at);
    after(what, at);
    if (what == session::outcome::registered || what == session::outcome::told) read_session(message, at);
    proceed(at);
}

void member::assignments_heard(stream_id stream, wire::AssignmentsMessage message, instant at) {
    if (!_session.is_assignments(stream)) return;
    if (!_assignments.apply(std::move(message))) {
        _session.restart_assignments(_out, at);
        _heard_complete = false;
    } else {
        _heard_complete = true;
        _view.complete = true;
        _attachments_changed = true;
        _keeper.look();
        _reporter.look(at);
        save_soon(at);
        changed();
    }
    proceed(at);
}

void member::stream_ended(stream_id stream, const call_status& why, instant at) {
    after(_session.ended(stream, why, _managers, _out, at), at);
    proceed(at);
}

void member::answered(call_id call, const call_status& status, const manager_response& what, instant at) {
    if (_enrolment.answered(call, status, what, _out, at)) {
        finish_enrolment();
    } else if (_reporter.answered(call, status, _assignments, at)) {
        changed();
    } else if (_self && _renewal.answered(call, status, what, *_self, _out, at)) {
        if (auto made = _renewal.take_finished()) keep_new_identity(std::move(*made));
        changed();
    } else if (!_keeper.answered(call, status, what, _out, at)) {
        after(_session.answered(call, status, what, _managers, _out, at), at);
    }
    proceed(at);
}

void member::advance(instant at) {
    proceed(at);
}

/// Runs whatever is due, after every event.
void member::proceed(instant at) {
    if (_ending == ending::done) return;
    _enrolment.advance(_out, at);
    finish_enrolment();
    if (_self && _view.phase != phase::expelled) {
        if (at.now >= _clock_at) {
            _clock_at = at.now + clock_period;
            if (at.wall >= _self->facts.ends)
                expel("the certificate of this node has ended: " + std::string(join_again), at);
        }
        after(_session.advance(*_self, _managers, _out, at), at);
        const auto link = ready() ? std::optional(_session.link()) : std::nullopt;
        _keeper.advance(_assignments, link, _out, at);
        if (link) _reporter.advance(_assignments, *link, _session.id(), _out, at);
        if (_session.registered() && !_new_self) _renewal.advance(*_self, _session.link(), _out, at);
        if (_keeper.take_changed()) {
            _attachments_changed = true;
            changed();
        }
        if (at.now >= _save_at) save();
    }
    if (_ending != ending::none) end(at);
}

moment member::next_wake() const {
    if (_ending == ending::done) return never;
    moment next = std::min(_enrolment.next_wake(), _end_by);
    if (!_self || _view.phase == phase::expelled) return next;
    next = std::min({next, _clock_at, _session.next_wake(), _save_at});
    if (_session.registered() && !_new_self) next = std::min(next, _renewal.next_wake());
    if (ready()) next = std::min({next, _keeper.next_wake(), _reporter.next_wake()});
    return next;
}

}  // namespace waggle::control::swarm
