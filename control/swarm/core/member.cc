#include "control/swarm/core/member.hh"

#include <algorithm>
#include <utility>

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

constexpr auto release_timeout = 2s;
constexpr auto leave_timeout = 5s;
/// Between two looks whether the certificate has ended.
constexpr auto clock_period = 10s;
constexpr const char* join_again = "join again with a token (`docker swarm join-token worker` on a manager)";

}  // namespace

void member::start(std::optional<identity> self, waggle::swarm::SavedState state,
                   waggle::swarm::SavedKeys keys, instant at) {
    if (!self) return;
    _managers.replace(state.managers());
    for (wire::Task& task : *state.mutable_tasks()) _assignments.restore(std::move(task));
    read_node(state.node());
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

void member::join(std::string token, std::vector<std::string> managers, instant at) {
    const auto refuse = [&](std::string why) {
        _out.effects.emplace_back(joined{error{std::move(why)}});
        wipe(token);
    };
    if ((_self || _new_self) && _view.phase != phase::expelled)
        return refuse("this host is a node of a swarm already: leave it first");
    if (_enrolment.running()) return refuse("a join is under way already");
    if (_ending != ending::none) return refuse("this host is leaving its swarm");
    auto read = join_token::parse(token);
    if (!read) return refuse(read.failure().message);
    if (managers.empty()) return refuse("no manager is named: give the address of one, as in 192.0.2.1:2377");
    if (managers.size() > manager_list::most) return refuse("more managers are named than a swarm has");
    for (std::string& each : managers) {
        if (!is_manager_address(each) && is_manager_address(each + ":2377")) each += ":2377";
        if (!is_manager_address(each))
            return refuse(each + " is no address of a manager: write it as in 192.0.2.1:2377");
    }
    _self.reset();
    _assignments.clear();
    _attachments_changed = true;
    _managers.clear();
    _view = {};
    _view.phase = phase::joining;
    _enrolment.start(*read, std::move(token), std::move(managers), _out, at);
    changed();
}

void member::want(std::map<std::string, wanted_attachment> wanted, instant at) {
    _wanted = wanted;
    _wanted_told = true;
    if (_ending != ending::none) return;
    _keeper.want(std::move(wanted), at);
    proceed(at);
}

void member::stop(bool release, instant at) {
    if (_ending == ending::done) return;
    _ending = ending::releasing_to_stop;
    _end_by = at.now + release_timeout;
    if (release && ready()) {
        _keeper.want({}, at);
    } else {
        _end_by = at.now;
    }
    proceed(at);
}

void member::leave(instant at) {
    if (_ending != ending::none) return;
    _ending = ending::releasing_to_leave;
    _end_by = ready() ? at.now + leave_timeout : at.now;
    _keeper.want({}, at);
    proceed(at);
}

/// The last step of a stop or a leave, once everything is given back or the time for it is over.
void member::end(instant at) {
    const bool given_back = !ready() || _keeper.settled();
    if (!given_back && at.now < _end_by) return;
    _session.stop(_out);
    _enrolment.cancel(_out);
    if (_ending == ending::releasing_to_stop) {
        if (_self) save();
        _ending = ending::done;
        return;
    }
    _self.reset();
    _new_self.reset();
    _managers.clear();
    _assignments.clear();
    _node.Clear();
    _heard_complete = false;
    _save_at = never;
    _keeper = {};
    if (_wanted_told) _keeper.want(_wanted, at);
    _reporter = {};
    _renewal = {};
    _view = {};
    _attachments_changed = true;
    _out.effects.emplace_back(forget_identity{});
    _out.effects.emplace_back(left{});
    _ending = ending::none;
    _end_by = never;
    changed();
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

void member::key_made(result<certificate_request> made, instant at) {
    if (_enrolment.running()) {
        _enrolment.key_made(std::move(made), _out, at);
        finish_enrolment();
    } else {
        _renewal.key_made(std::move(made), _out, at);
    }
    proceed(at);
}

void member::finish_enrolment() {
    auto outcome = _enrolment.take_finished();
    if (!outcome) return;
    changed();
    if (!*outcome) {
        _view.phase = phase::outside;
        _view.problem = outcome->failure().message;
        _out.effects.emplace_back(joined{outcome->failure()});
        return;
    }
    _managers.add(_enrolment.manager());
    _enrolled = true;
    keep_new_identity(std::move(**outcome));
}

void member::keep_new_identity(identity made) {
    _new_self = made;
    _out.effects.emplace_back(keep_identity{std::move(made)});
}

void member::identity_kept(result<void> kept, instant at) {
    if (!_new_self) return;
    identity made = std::move(*std::exchange(_new_self, std::nullopt));
    const bool enrolled = std::exchange(_enrolled, false);
    if (!kept && enrolled) {
        _view.phase = phase::outside;
        _out.effects.emplace_back(
            joined{error{"this host's certificate could not be kept: " + kept.failure().message +
                         "; make the directory writable and join again"}});
        changed();
        return;
    }
    if (enrolled) {
        take_up(std::move(made), at);
        _out.effects.emplace_back(joined{result<void>()});
        save_soon(at);
        return proceed(at);
    }
    // A renewed one serves this life even if the disk would not take it.
    if (!kept) _out.warn("the renewed certificate could not be kept: " + kept.failure().message);
    _session.renew(_out, at);
    _view.role = made.facts.role == "swarm-manager" ? "manager" : "worker";
    _view.certificate_begins = made.facts.begins;
    _view.certificate_ends = made.facts.ends;
    _renewal.plan(made.facts, _out);
    _view.renewal = _renewal.planned();
    _self = std::move(made);
    lost(at);
    _out.log("the node's certificate is another one now");
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
