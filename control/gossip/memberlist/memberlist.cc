#include "control/gossip/memberlist/memberlist.hh"

#include <algorithm>
#include <cmath>
#include <utility>

#include "control/gossip/memberlist/memberlist_state.hh"
#include "control/gossip/memberlist/wire/compound.hh"

namespace waggle::gossip {

namespace {

/// A random part of a period, so that hosts which start together do not act together.
duration stagger(duration period, random_source& random) {
    return duration(static_cast<duration::rep>(random.below(static_cast<std::uint64_t>(period.count()))));
}

}  // namespace

memberlist::state::state(memberlist_settings how, random_source& random, delegate& on_top)
    : _settings(std::move(how)), _random(random), _delegate(on_top) {
    member me;
    me.name = _settings.name;
    me.address = _settings.advertise;
    me.versions = _settings.versions;
    me.state = member_state::alive;
    _self = &_members.add(std::move(me), _random);
    _present = 1;
}

void memberlist::state::start(time_point now) {
    self().meta = _delegate.node_meta();
    self().incarnation = ++_incarnation;
    self().state_since = now;
    self().last_heard = now;
    broadcast_self();
    _next_probe = now + stagger(_settings.probe_interval, _random);
    _next_gossip = now + stagger(_settings.gossip_interval, _random);
    _next_push_pull = now + stagger(_settings.push_pull_interval, _random);
}

void memberlist::state::leave(time_point now) {
    if (_leaving) return;
    _leaving = true;
    hear_dead({self().incarnation, self().name, self().name}, now);
}

bool memberlist::state::leave_finished() const {
    return _leaving && (_present == 0 || !_broadcasts.contains(self().name));
}

void memberlist::state::update_meta(time_point now) {
    self().meta = _delegate.node_meta();
    self().incarnation = ++_incarnation;
    self().last_heard = now;
    broadcast_self();
}

void memberlist::state::advance(time_point now) {
    if (_probe && _probe->indirect_at <= now) probe_indirectly(now);
    if (_probe && _probe->deadline <= now) end_probe(false, now);
    if (_next_probe <= now) {
        // Ticks that a long probe or a stalled process missed are not made up for.
        while (_next_probe <= now) _next_probe += _settings.probe_interval;
        if (!_probe) probe_next(now);
    }
    expire_relays(now);
    expire_asked_pings(now);
    expire_suspicions(now);
    if (_next_gossip <= now) {
        while (_next_gossip <= now) _next_gossip += _settings.gossip_interval;
        gossip(now);
    }
    if (_next_push_pull <= now) push_pull_next(now);
}

time_point memberlist::state::next_wake() const {
    time_point wake = std::min({_next_probe, _next_gossip, _next_push_pull});
    if (_probe) wake = std::min({wake, _probe->indirect_at, _probe->deadline});
    if (!_relay_order.empty()) {
        const auto oldest = _relays.find(_relay_order.front());
        wake = std::min(wake, oldest == _relays.end() ? wake : oldest->second.deadline);
    }
    if (!_asked_pings.empty()) wake = std::min(wake, _asked_pings.begin()->second.deadline);
    if (!_suspicions.empty()) wake = std::min(wake, _suspicions.begin()->first.first);
    return wake;
}

memberlist::memberlist(memberlist_settings settings, random_source& random, delegate& on_top)
    : _state(std::make_unique<state>(std::move(settings), random, on_top)) {
}
memberlist::~memberlist() = default;

void memberlist::start(time_point now) {
    _state->start(now);
}
void memberlist::join(const ip_endpoint& seed, time_point now) {
    _state->push_pull_with(seed, true, now);
}
void memberlist::leave(time_point now) {
    _state->leave(now);
}
bool memberlist::leave_finished() const {
    return _state->leave_finished();
}
void memberlist::update_meta(time_point now) {
    _state->update_meta(now);
}

void memberlist::receive_packet(const ip_endpoint& from, byte_view message, time_point now) {
    _state->receive_packet(from, message, now);
}
void memberlist::receive_stream(stream_id id, const ip_endpoint& from, byte_view message, time_point now) {
    _state->receive_stream(id, from, message, now);
}
void memberlist::stream_answered(stream_id id, byte_view message, time_point now) {
    _state->stream_answered(id, message, now);
}
void memberlist::stream_sent(stream_id id, time_point now) {
    _state->stream_ended(id, true, {}, now);
}
void memberlist::stream_failed(stream_id id, const std::string& why, time_point now) {
    _state->stream_ended(id, false, why, now);
}
void memberlist::advance(time_point now) {
    _state->advance(now);
}
time_point memberlist::next_wake() const {
    return _state->next_wake();
}
effects memberlist::take_effects() {
    return std::exchange(_state->_effects, {});
}

void memberlist::send_best_effort(const ip_endpoint& to, byte_view message) {
    bytes whole;
    whole.reserve(1 + message.size());
    whole.push_back(static_cast<std::uint8_t>(wire::message_type::user));
    append(whole, message);
    _state->send_alone(to, std::move(whole));
}
stream_id memberlist::send_reliable(const ip_endpoint& to, byte_view message) {
    return _state->open({state::purpose::user, to, 0}, wire::encode_user_stream(message),
                        _state->_settings.stream_timeout);
}
void memberlist::ping(const std::string& name, const ip_endpoint& address, time_point now) {
    constexpr unsigned tries = 3;
    _state->ping(name, address, tries, now);
}

void memberlist::tell(notice line) {
    _state->_effects.notices.push_back(std::move(line));
}
std::size_t memberlist::user_packet_limit() const {
    return _state->_settings.packet_limit - _state->_settings.sealing_overhead - 1;
}

const member& memberlist::self() const {
    return _state->self();
}
const member* memberlist::find(std::string_view name) const {
    const listed_member* const found = std::as_const(_state->_members).find(name);
    return found == nullptr ? nullptr : &found->who;
}
std::size_t memberlist::size() const {
    return _state->_members.size();
}
std::size_t memberlist::present() const {
    return _state->_present;
}
void memberlist::for_each(const std::function<void(const member&)>& visit) const {
    for (const listed_member* one : _state->_members.order()) visit(one->who);
}
unsigned memberlist::awareness() const {
    return _state->_awareness;
}
std::size_t memberlist::broadcasts_waiting() const {
    return _state->_broadcasts.size();
}
const memberlist_counters& memberlist::counters() const {
    return _state->_counters;
}
const memberlist_settings& memberlist::settings() const {
    return _state->_settings;
}
unsigned memberlist::transmit_limit() const {
    return _state->transmit_limit();
}

}  // namespace waggle::gossip
