// How a host becomes a member, gets other certificates, and ends to be one.
#include <algorithm>
#include <utility>

#include "control/swarm/core/member.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

constexpr auto release_timeout = 2s;
constexpr auto leave_timeout = 5s;

}  // namespace

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

void member::identity_kept(const result<void>& kept, instant at) {
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
        // At once: an identity that knows no manager finds none.
        save();
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

}  // namespace waggle::control::swarm
