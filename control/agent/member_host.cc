#include "control/agent/member_host.hh"

#include <utility>

namespace waggle::control {

using swarm::phase;

result<std::unique_ptr<member_host>> member_host::open(const opener& open_membership,
                                                       changed_callback changed) {
    std::unique_ptr<member_host> made(new member_host(std::move(changed)));
    member_host* self = made.get();
    auto opened = open_membership({.changed = [self] {
        self->note_keys();
        self->_changed();
    }});
    if (!opened) return opened.failure();
    made->_membership = std::move(*opened);
    made->note_keys();
    return made;
}

bool member_host::is_member() const {
    return (view().phase == phase::ready || view().phase == phase::disconnected) && !is_leaving();
}

const member_config& member_host::follow(const config::config& file) {
    std::map<std::string, swarm::wanted_attachment> wanted;
    if (!is_leaving()) wanted = wanted_attachments(file);
    // Also the first time, when nothing may be wanted of what an earlier life had.
    if (wanted != _wanted || !_wants) _membership->want(wanted);
    _wants = true;
    _wanted = std::move(wanted);
    swarm::view granted = view();
    // What the managers gave to a node that they removed may be another's by now.
    if (is_leaving() || granted.phase == phase::expelled) {
        granted.attachments.clear();
        granted.networks.clear();
    }
    _config = add_membership(file, granted);
    return _config;
}

bool member_host::settled() const {
    if (view().complete || !is_member()) return true;
    return _config.waiting.empty() && !view().gossip_keys.empty();
}

result<void> member_host::join(std::string token, std::vector<std::string> managers,
                               std::function<void()> done) {
    if (_attempt.running)
        return error{is_leaving()
                         ? "this host is leaving a swarm; try again when that is done"
                         : "this host is joining a swarm already; `waggle node` tells how far it is"};
    if (view().phase != phase::outside && view().phase != phase::expelled)
        return error{"this host is a member of a swarm already, as node " + view().node_id +
                     "; `waggle leave` ends that"};
    _attempt = {member_attempt::kind::join, true, {}};
    _membership->join(std::move(token), std::move(managers),
                      [this, done = std::move(done)](const result<void>& how) {
                          end_attempt(how);
                          if (how) done();
                          _changed();
                      });
    return {};
}

result<void> member_host::begin_leave() {
    if (_attempt.running)
        return error{is_leaving() ? "this host is leaving the swarm already"
                                  : "this host is joining a swarm; try again when that is done"};
    if (view().phase == phase::outside) return error{"this host is not a member of a Docker swarm"};
    _attempt = {member_attempt::kind::leave, true, {}};
    return {};
}

void member_host::finish_leave(std::function<void()> done) {
    _membership->leave([this, done = std::move(done)](const result<void>& how) {
        end_attempt(how);
        if (how) done();
        _changed();
    });
}

void member_host::end_attempt(const result<void>& how) {
    _attempt.running = false;
    if (!how) _attempt.failure = how.failure().message;
}

void member_host::note_keys() {
    std::map<std::uint64_t, moment> seen;
    for (const auto* keys : {&view().gossip_keys, &view().ipsec_keys})
        for (const swarm::session_key& each : *keys) {
            auto known = _keys_seen.find(each.lamport_time);
            seen.emplace(each.lamport_time,
                         known != _keys_seen.end() ? known->second : std::chrono::steady_clock::now());
        }
    _keys_seen = std::move(seen);
}

result<gossip::keyring> gossip_keys_of(const swarm::view& member) {
    std::vector<gossip::bytes> keys;
    for (const swarm::session_key& each : member.gossip_keys)
        keys.emplace_back(each.key.reveal().begin(), each.key.reveal().end());
    if (keys.empty()) return error{"the managers have given no key for the gossip yet"};
    auto ring = gossip::keyring::make(keys, (keys.size() - 1) / 2);
    for (gossip::bytes& each : keys) wipe(each);
    return ring;
}

}  // namespace waggle::control
