#include <algorithm>
#include <utility>

#include "control/gossip/memberlist/memberlist_state.hh"
#include "control/gossip/memberlist/wire/compound.hh"

namespace waggle::gossip {

void memberlist::state::probe_next(time_point now) {
    listed_member* target = nullptr;
    for (std::size_t looked = 0; looked <= _members.size() && target == nullptr; ++looked) {
        if (_probe_position >= _members.size()) {
            _members.purge_and_shuffle(*_self, now - _settings.gossip_to_the_dead, _random);
            _probe_position = 0;
        }
        listed_member* const next = _members.order()[_probe_position++];
        if (next != _self && next->who.present()) target = next;
    }
    if (target == nullptr) return;
    const member& who = target->who;
    ++_counters.probes;
    _probe.emplace();
    _probe->name = who.name;
    _probe->address = who.address;
    _probe->incarnation = who.incarnation;
    _probe->sequence = _next_sequence++;
    _probe->speaks_tcp_ping = who.versions[1] >= 3;
    _probe->indirect_at = now + _settings.probe_timeout;
    // A host that has trouble itself gives others more time.
    _probe->deadline = now + _settings.probe_interval * (_awareness + 1);
    const wire::ping question{_probe->sequence, who.name, self().address, self().name};
    if (who.state == member_state::alive) {
        send(who.address, question.encode());
        return;
    }
    // A suspect hears of it, so that it can refute at once.
    const wire::accusation suspect{who.incarnation, who.name, self().name};
    const std::vector<bytes> both{question.encode(), suspect.encode(wire::message_type::suspect)};
    send_alone(who.address, wire::make_compound(both));
}

void memberlist::state::probe_indirectly(time_point now) {
    running_probe& probe = *_probe;
    probe.indirect_at = never;
    const auto helps = [&](const member& who) {
        return who.state == member_state::alive && who.name != self().name && who.name != probe.name;
    };
    for (const listed_member* one : _members.choose(_settings.indirect_checks, _random, helps)) {
        const bool nacks = one->who.versions[1] >= 4;
        if (nacks) ++probe.nacks_expected;
        const wire::indirect_ping request{probe.sequence, probe.address,  probe.name,
                                          nacks,          self().address, self().name};
        send(one->who.address, request.encode());
    }
    if (_settings.tcp_pings && probe.speaks_tcp_ping && probe.deadline > now) {
        const wire::ping question{probe.sequence, probe.name, self().address, self().name};
        open({purpose::ping, probe.address, probe.sequence}, question.encode(), probe.deadline - now);
    }
}

void memberlist::state::end_probe(bool answered, time_point now) {
    const running_probe probe = std::move(*_probe);
    _probe.reset();
    if (answered || probe.reached_by_tcp) {
        if (!answered)
            log(notice::importance::debug, "gossip: " + probe.name + " at " + probe.address.to_string() +
                                               " answers over TCP, but not over UDP; check the firewall");
        if (_awareness > 0) --_awareness;
        heard_from(probe.name, now);
        return;
    }
    ++_counters.probes_failed;
    // Helpers that do not even say that they got no answer point at a fault on this side.
    const unsigned penalty =
        probe.nacks_expected > 0 ? probe.nacks_expected - std::min(probe.nacks, probe.nacks_expected) : 1;
    _awareness = std::min(_awareness + penalty, _settings.awareness_limit - 1);
    hear_suspect({probe.incarnation, probe.name, self().name}, now);
}

void memberlist::state::hear_ack(std::uint32_t sequence, time_point now) {
    if (_probe && _probe->sequence == sequence) {
        end_probe(true, now);
        return;
    }
    if (const auto asked = _asked_pings.extract(sequence)) {
        heard_from(asked.mapped().name, now);
        _delegate.node_answered(asked.mapped().name, now);
        return;
    }
    const auto found = _relays.find(sequence);
    if (found == _relays.end()) return;
    const relay done = found->second;
    _relays.erase(found);
    send(done.asker, wire::ack{done.sequence, {}}.encode());
}

void memberlist::state::hear_nack(std::uint32_t sequence) {
    if (_probe && _probe->sequence == sequence) ++_probe->nacks;
}

void memberlist::state::relay_ping(const ip_endpoint& from, const wire::indirect_ping& asked,
                                   time_point now) {
    if (_relays.size() >= _settings.relayed_pings_limit) return;
    const std::uint32_t sequence = _next_sequence++;
    _relays[sequence] = {asked.sequence, asked.source.port != 0 ? asked.source : from, asked.wants_nack,
                         now + _settings.probe_timeout};
    _relay_order.push_back(sequence);
    send(asked.target, wire::ping{sequence, asked.node, self().address, self().name}.encode());
}

void memberlist::state::expire_relays(time_point now) {
    while (!_relay_order.empty()) {
        const auto oldest = _relays.find(_relay_order.front());
        if (oldest != _relays.end()) {
            if (oldest->second.deadline > now) return;
            if (oldest->second.wants_nack)
                send_alone(oldest->second.asker, wire::nack{oldest->second.sequence}.encode());
            _relays.erase(oldest);
        }
        _relay_order.pop_front();
    }
}

void memberlist::state::ping(const std::string& name, const ip_endpoint& address, unsigned tries,
                             time_point now) {
    if (tries == 0 || _asked_pings.size() >= _settings.asked_pings_limit) return;
    const std::uint32_t sequence = _next_sequence++;
    _asked_pings[sequence] = {name, address, tries - 1, now + _settings.probe_timeout};
    send(address, wire::ping{sequence, name, self().address, self().name}.encode());
}

void memberlist::state::expire_asked_pings(time_point now) {
    while (!_asked_pings.empty() && _asked_pings.begin()->second.deadline <= now) {
        const auto unanswered = _asked_pings.extract(_asked_pings.begin());
        const asked_ping& asked = unanswered.mapped();
        ping(asked.name, asked.address, asked.tries_left, now);
    }
}

}  // namespace waggle::gossip
