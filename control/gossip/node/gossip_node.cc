#include "control/gossip/node/gossip_node.hh"

#include <algorithm>
#include <utility>

namespace waggle::gossip {

namespace {

networkdb::networkdb_settings tables_of(const gossip_node_settings& settings) {
    networkdb::networkdb_settings tables = settings.tables;
    tables.name = settings.members.name;
    tables.address = settings.members.advertise;
    return tables;
}

/// What stock gives the word of a leave before the member list leaves.
constexpr duration leave_patience = std::chrono::seconds(5);
constexpr duration leave_step = std::chrono::milliseconds(100);

}  // namespace

gossip_node::gossip_node(gossip_node_settings settings, time_point now)
    : _settings(std::move(settings)),
      _random(_settings.random_seed),
      _members(_settings.members, _random, *this),
      _tables(tables_of(_settings), _random(), now),
      _remembered(_settings.remembered, _settings.remembered_limit) {
}

void gossip_node::start(time_point now) {
    _members.start(now);
    try_seeds(now);
    pump(now);
}

void gossip_node::set_seeds(std::vector<ip_endpoint> seeds, time_point now) {
    _settings.seeds = std::move(seeds);
    _silent_seeds.clear();
    _told_lonely = false;
    _tries = 0;
    try_seeds(now);
    pump(now);
}

void gossip_node::leave(time_point now) {
    if (_leave_latest != never) return;
    _next_seeds = never;
    _tables.announce_leave();
    _leave_at = now + leave_step;
    _leave_latest = now + leave_patience;
    pump(now);
}

bool gossip_node::leave_finished() const {
    return _members.leave_finished();
}

bool gossip_node::connected() const {
    return _members.present() > 1 || (_settings.seeds.empty() && _remembered.list().empty());
}

bool gossip_node::has_other_seeds() const {
    return std::ranges::any_of(_settings.seeds, [&](const auto& seed) { return is_other(seed); });
}

bool gossip_node::knows_a_seed() const {
    bool known = false;
    _members.for_each([&](const member& who) {
        known = known || (who.present() && &who != &_members.self() &&
                          std::ranges::find(_settings.seeds, who.address) != _settings.seeds.end());
    });
    return known;
}

bool gossip_node::seeds_are_down() const {
    return has_other_seeds() && !knows_a_seed() &&
           std::ranges::all_of(_settings.seeds, [&](const auto& seed) {
               return is_other(seed) && _silent_seeds.contains(seed);
           });
}

void gossip_node::try_seeds(time_point now) {
    const bool alone = _members.present() <= 1;
    _next_seeds = never;
    if (!has_other_seeds() && (_has_joined || _remembered.list().empty())) return;
    _next_seeds = now + until_next_try(alone);
    if (_has_joined && knows_a_seed()) return;
    for (const ip_endpoint& seed : _settings.seeds)
        if (is_other(seed)) _members.join(seed, now);
    if (!_has_joined) try_remembered(now);
}

duration gossip_node::until_next_try(bool alone) {
    const duration longest = alone ? _settings.lonely_retry : _settings.seed_retry;
    if (_has_joined) return longest;
    constexpr unsigned most_doublings = 16;
    return std::min(longest, _settings.first_retry * (1U << std::min(_tries++, most_doublings)));
}

void gossip_node::try_remembered(time_point now) {
    const std::vector<ip_endpoint>& known = _remembered.list();
    for (std::size_t i = 0; i < std::min(_settings.remembered_tries, known.size()); ++i) {
        const ip_endpoint& host = known[_next_remembered++ % known.size()];
        if (is_other(host) && std::ranges::find(_settings.seeds, host) == _settings.seeds.end())
            _members.join(host, now);
    }
}

void gossip_node::pump(time_point now) {
    for (networkdb::networkdb_effects wanted = _tables.take_effects(); !wanted.empty();
         wanted = _tables.take_effects()) {
        for (notice& line : wanted.notices) _members.tell(std::move(line));
        for (const packet_to_send& packet : wanted.packets)
            _members.send_best_effort(packet.to, packet.message);
        for (const auto& reliable : wanted.reliables)
            _deliveries[_members.send_reliable(reliable.to, reliable.message)] = reliable.id;
        for (const auto& asked : wanted.pings) _members.ping(asked.name, asked.address, now);
        for (const ip_endpoint& with : wanted.joins) _members.join(with, now);
        if (_on_change && !wanted.changes.empty()) _on_change(std::move(wanted.changes), now);
    }
}

void gossip_node::advance(time_point now) {
    _members.advance(now);
    _tables.advance(now);
    if (_next_seeds <= now) try_seeds(now);
    if (_leave_at <= now) {
        if (_tables.events_waiting() == 0 || now >= _leave_latest || _members.present() <= 1) {
            _leave_at = never;
            _members.leave(now);
        } else {
            _leave_at = now + leave_step;
        }
    }
    pump(now);
}

time_point gossip_node::next_wake() const {
    return std::min({_members.next_wake(), _tables.next_wake(), _next_seeds, _leave_at});
}

void gossip_node::receive_packet(const ip_endpoint& from, byte_view message, time_point now) {
    _members.receive_packet(from, message, now);
    pump(now);
}
void gossip_node::receive_stream(stream_id id, const ip_endpoint& from, byte_view message, time_point now) {
    _members.receive_stream(id, from, message, now);
    pump(now);
}
void gossip_node::stream_answered(stream_id id, byte_view message, time_point now) {
    _members.stream_answered(id, message, now);
    pump(now);
}
void gossip_node::stream_sent(stream_id id, time_point now) {
    _members.stream_sent(id, now);
    pump(now);
}
void gossip_node::stream_failed(stream_id id, const std::string& why, time_point now) {
    _members.stream_failed(id, why, now);
    pump(now);
}

void gossip_node::user_message(const ip_endpoint&, byte_view message, time_point now) {
    _tables.user_message(message, now);
}
void gossip_node::get_broadcasts(std::size_t overhead, std::size_t limit, std::vector<bytes>& out) {
    _tables.get_broadcasts(overhead, limit, out);
}
bytes gossip_node::local_state(bool join, time_point now) {
    return _tables.local_state(join, now);
}
void gossip_node::merge_remote_state(byte_view state, bool, time_point now) {
    _tables.merge_remote_state(state, now);
}
void gossip_node::node_joined(const member& who, time_point now) {
    _told_lonely = false;
    if (is_other(who.address)) _remembered.came(who.address);
    // Those that are there are first among them.
    if (!_has_joined) _next_remembered = 0;
    _tables.node_joined(who.name, who.address, now);
}
void gossip_node::node_left(const member& who, time_point now) {
    _tables.node_left(who.name, who.state == member_state::left, now);
    forget(who);
    if (_leave_latest != never) return;
    if (_members.present() <= 1) _has_joined = false;
    // Alone again, or a seed less: are the seeds up?
    if (_members.present() <= 1 || std::ranges::find(_settings.seeds, who.address) != _settings.seeds.end())
        _next_seeds = std::min(_next_seeds, now + _settings.lonely_retry);
}
void gossip_node::forget(const member& gone) {
    const networkdb::node* now_there = _tables.everyone().at_address(gone.address);
    // The next life of a host came before the end of the former one was noticed.
    if (now_there != nullptr && now_there->name != gone.name) return;
    if (gone.state == member_state::left)
        _remembered.left(gone.address);
    else
        _remembered.fell_silent(gone.address);
    if (_remembered.wants_more(_members.present() - 1))
        _members.for_each([&](const member& who) {
            if (who.present() && is_other(who.address)) _remembered.came(who.address);
        });
}
void gossip_node::node_updated(const member& who, time_point) {
    _tables.node_moved(who.name, who.address);
}

void gossip_node::node_answered(const std::string& name, time_point now) {
    _tables.node_answered(name, now);
}

void gossip_node::reliable_sent(stream_id id, bool delivered, time_point now) {
    const auto found = _deliveries.find(id);
    if (found == _deliveries.end()) return;
    const std::uint64_t delivery = found->second;
    _deliveries.erase(found);
    _tables.delivery_ended(delivery, delivered, now);
}

void gossip_node::join_finished(const ip_endpoint& seed, bool joined, time_point now) {
    _tables.join_ended(seed, joined, now);
    if (joined) {
        _has_joined = true;
        _tries = 0;
    }
    const bool ours = std::ranges::find(_settings.seeds, seed) != _settings.seeds.end();
    if (!ours) return;
    if (joined) {
        _silent_seeds.erase(seed);
        return;
    }
    _silent_seeds.insert(seed);
    if (_told_lonely || connected()) return;
    _told_lonely = true;
    _members.tell({notice::importance::warning,
                   "gossip: the seed " + seed.to_string() +
                       " does not answer, and nobody else is known; trying on. Is it up, do both hosts have "
                       "the same gossip keys, and are TCP and UDP to its port open?"});
}

}  // namespace waggle::gossip
