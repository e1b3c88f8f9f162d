#include "tests/sim/simulated_network.hh"

#include <algorithm>
#include <utility>

namespace waggle::gossip::sim {

simulated_network::simulated_network(std::uint64_t seed, network_conditions how)
    : _how(how), _random(seed), _now(std::chrono::hours(1)) {
}

void simulated_network::add(const ip_endpoint& where, gossip_core& core) {
    const auto [found, added] = _by_endpoint.try_emplace(where, static_cast<host_index>(_hosts.size()));
    if (added) _hosts.emplace_back();
    host& one = _hosts[found->second];
    one.where = where;
    one.core = &core;
    one.wake = never;
    one.stalled = false;
    carry_out(found->second);
}

void simulated_network::remove(const ip_endpoint& where) {
    host& gone = _hosts[_by_endpoint.at(where)];
    gone.core = nullptr;
    ++gone.life;
    for (const std::uint32_t slot : gone.held_back) _free.push_back(slot);
    gone.held_back.clear();
}

void simulated_network::stall(const ip_endpoint& where) {
    _hosts[_by_endpoint.at(where)].stalled = true;
}

void simulated_network::resume(const ip_endpoint& where) {
    const host_index index = _by_endpoint.at(where);
    _hosts[index].stalled = false;
    for (const std::uint32_t slot : std::exchange(_hosts[index].held_back, {})) dispatch(slot);
    _hosts[index].wake = never;
    set_wake(index);
}

void simulated_network::set_side(const ip_endpoint& where, unsigned side) {
    _hosts[_by_endpoint.at(where)].side = side;
}

void simulated_network::heal() {
    for (host& one : _hosts) one.side = 0;
}

void simulated_network::set_filter(std::function<bool(const ip_endpoint&, const ip_endpoint&)> drops) {
    _filter = std::move(drops);
}

void simulated_network::touched(const ip_endpoint& where) {
    carry_out(_by_endpoint.at(where));
}

network_counters simulated_network::sent_by(const ip_endpoint& where) const {
    return _hosts[_by_endpoint.at(where)].sent;
}

bool simulated_network::reaches(const host& from, const host& to) const {
    return from.side == to.side && !(_filter && _filter(from.where, to.where));
}

duration simulated_network::delay() {
    const auto spread = static_cast<std::uint64_t>((_how.latency_max - _how.latency_min).count());
    return _how.latency_min + duration(static_cast<duration::rep>(_random.below(spread + 1)));
}

std::uint32_t simulated_network::store(payload what) {
    if (_free.empty()) {
        _payloads.push_back(std::move(what));
        return static_cast<std::uint32_t>(_payloads.size() - 1);
    }
    const std::uint32_t slot = _free.back();
    _free.pop_back();
    _payloads[slot] = std::move(what);
    return slot;
}

void simulated_network::schedule(time_point when, std::uint32_t subject, bool is_wake) {
    _events.push({std::max(when, _now), _next_number++, subject, is_wake});
}

void simulated_network::set_wake(host_index index) {
    host& one = _hosts[index];
    if (one.core == nullptr) return;
    if (one.core->next_wake() == never) return;
    // A time that has passed already, such as a suspicion cut short by confirmations, is due now.
    const time_point wake = std::max(one.core->next_wake(), _now);
    // An earlier wake that is scheduled already asks again.
    if (wake >= one.wake) return;
    one.wake = wake;
    schedule(wake, index, true);
}

void simulated_network::fail(const payload& what) {
    // The side that opened the stream learns of it by its own time-out.
    payload failed{event_kind::failed, what.to, what.to_life, what.from, what.from_life, what.id, false, {},
                   what.opened,        {}};
    schedule(what.opened + what.timeout, store(std::move(failed)), false);
}

void simulated_network::carry_out(host_index index) {
    host& from = _hosts[index];
    if (from.core == nullptr) return;
    effects wanted = from.core->take_effects();
    if (_on_notice)
        for (const notice& line : wanted.notices) _on_notice(from.where, line);
    for (packet_to_send& packet : wanted.packets) {
        ++_counters.packets;
        _counters.packet_bytes += packet.message.size();
        ++from.sent.packets;
        from.sent.packet_bytes += packet.message.size();
        const auto to = _by_endpoint.find(packet.to);
        if (to == _by_endpoint.end() || _random.chance(_how.loss)) {
            ++_counters.lost;
            continue;
        }
        const payload whole{event_kind::packet,
                            index,
                            from.life,
                            to->second,
                            _hosts[to->second].life,
                            0,
                            false,
                            {},
                            _now,
                            std::move(packet.message)};
        if (_how.duplication > 0 && _random.chance(_how.duplication))
            schedule(_now + delay(), store(whole), false);
        schedule(_now + delay(), store(whole), false);
    }
    for (stream_to_open& opened : wanted.streams) {
        ++_counters.streams;
        _counters.stream_bytes += opened.message.size();
        ++from.sent.streams;
        from.sent.stream_bytes += opened.message.size();
        const auto to = _by_endpoint.find(opened.to);
        payload whole{event_kind::stream,  index,          from.life, index, from.life, opened.id,
                      opened.wants_answer, opened.timeout, _now,      {}};
        if (to == _by_endpoint.end()) {
            fail(whole);
            continue;
        }
        whole.to = to->second;
        whole.to_life = _hosts[to->second].life;
        whole.message = std::move(opened.message);
        // Three ways for the handshake and the data.
        schedule(_now + delay() + delay() + delay(), store(std::move(whole)), false);
    }
    for (stream_answer& answer : wanted.answers) {
        const auto found = _open.find(answer.id);
        if (found == _open.end()) continue;
        _counters.stream_bytes += answer.message.size();
        from.sent.stream_bytes += answer.message.size();
        payload back = std::move(found->second);
        _open.erase(found);
        std::swap(back.from, back.to);
        std::swap(back.from_life, back.to_life);
        back.kind = event_kind::answer;
        back.message = std::move(answer.message);
        schedule(_now + delay(), store(std::move(back)), false);
    }
    set_wake(index);
}

void simulated_network::dispatch(std::uint32_t slot) {
    const host& to = _hosts[_payloads[slot].to];
    if (to.stalled && to.life == _payloads[slot].to_life) {
        _hosts[_payloads[slot].to].held_back.push_back(slot);
        return;
    }
    payload what = std::move(_payloads[slot]);
    _free.push_back(slot);
    deliver(std::move(what));
}

void simulated_network::deliver(payload what) {
    const host_index index = what.to;
    host& to = _hosts[index];
    const host& from = _hosts[what.from];
    const bool there = to.core != nullptr && to.life == what.to_life;
    // What a host tells itself, like the end of its own time-out, crosses no network.
    const bool arrives =
        there && (what.kind == event_kind::failed || what.kind == event_kind::sent || reaches(from, to));
    switch (what.kind) {
        case event_kind::wake:
            return;
        case event_kind::packet:
            if (!arrives) {
                ++_counters.lost;
                return;
            }
            to.core->receive_packet(from.where, what.message, _now);
            break;
        case event_kind::stream: {
            if (!arrives || !reaches(to, from)) return fail(what);
            const stream_id given = _next_stream++;
            if (what.wants_answer) {
                payload waiting = what;
                waiting.message.clear();
                _open.emplace(given, std::move(waiting));
            } else {
                payload sent{event_kind::sent, what.to, what.to_life, what.from,   what.from_life,
                             what.id,          false,   {},           what.opened, {}};
                schedule(_now + delay(), store(std::move(sent)), false);
            }
            to.core->receive_stream(given, from.where, what.message, _now);
            carry_out(index);
            if (const auto unanswered = _open.find(given); unanswered != _open.end()) {
                fail(unanswered->second);
                _open.erase(unanswered);
            }
            return;
        }
        case event_kind::answer:
            if (!there) return;
            if (!arrives) {
                std::swap(what.from, what.to);
                std::swap(what.from_life, what.to_life);
                return fail(what);
            }
            to.core->stream_answered(what.id, what.message, _now);
            break;
        case event_kind::sent:
            if (there) to.core->stream_sent(what.id, _now);
            break;
        case event_kind::failed:
            if (there) to.core->stream_failed(what.id, "time-out", _now);
            break;
    }
    carry_out(index);
}

void simulated_network::run(duration by) {
    const time_point end = _now + by;
    while (!_events.empty() && _events.top().when <= end) {
        const event next = _events.top();
        _events.pop();
        _now = next.when;
        ++_counters.events;
        if (!next.is_wake) {
            dispatch(next.subject);
            continue;
        }
        host& one = _hosts[next.subject];
        if (one.wake == next.when) one.wake = never;
        if (one.core == nullptr || one.stalled) continue;
        if (one.core->next_wake() <= _now) one.core->advance(_now);
        carry_out(next.subject);
    }
    _now = end;
}

bool simulated_network::run_until(const std::function<bool()>& holds, duration limit, duration step) {
    const time_point end = _now + limit;
    while (!holds()) {
        if (_now >= end) return false;
        run(std::min(step, end - _now));
    }
    return true;
}

}  // namespace waggle::gossip::sim
