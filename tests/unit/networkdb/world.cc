#include "tests/unit/networkdb/world.hh"

namespace waggle::networkdb {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::size_t world::at(const ip_endpoint& address) const {
    // The last one that has it is the living one.
    for (std::size_t i = _hosts.size(); i-- > 0;)
        if (_hosts[i].address == address) return i;
    return _hosts.size();
}

std::size_t world::add() {
    return start({ip_address::from_v4(0x0a00'0001U + static_cast<std::uint32_t>(_hosts.size())), 7946});
}

std::size_t world::restart(std::size_t dead) {
    return start(_hosts[dead].address);
}

std::size_t world::start(const ip_endpoint& address) {
    std::size_t which = _hosts.size();
    networkdb_settings settings;
    settings.name = "node" + std::to_string(which);
    settings.address = address;
    host started;
    started.db = std::make_unique<network_db>(settings, _random(), _now);
    started.address = address;
    _hosts.push_back(std::move(started));
    for (std::size_t i = 0; i < which; ++i) {
        if (!reach(i, which)) continue;
        join(which, _hosts[i].address);
        break;
    }
    later(duration(static_cast<duration::rep>(_random.below(1'000'000))), [this, which] { probe(which); });
    later(duration(static_cast<duration::rep>(_random.below(200'000))), [this, which] { gossip(which); });
    later(milliseconds(1), [this, which] { wake(which); });
    return which;
}

void world::leave(std::size_t which) {
    _hosts[which].db->announce_leave();
    later(seconds(2), [this, which] { kill(which); });
}

void world::run(duration time) {
    time_point end = _now + time;
    while (!_events.empty() && _events.top().when <= end) {
        event next = _events.top();
        _events.pop();
        _now = next.when;
        next.what();
    }
    _now = end;
}

void world::wake(std::size_t which) {
    if (!_hosts[which].alive) return;
    if (_hosts[which].db->next_wake() <= _now) _hosts[which].db->advance(_now);
    drain(which);
    later(milliseconds(20), [this, which] { wake(which); });
}

void world::drain(std::size_t which) {
    networkdb_effects wanted = _hosts[which].db->take_effects();
    for (entry_change& each : wanted.changes) {
        std::string name = each.network + "/" + each.table + "/" + each.key;
        if (each.value)
            _hosts[which].watched[name] = each.owner + "=" + std::string(*each.value);
        else
            _hosts[which].watched.erase(name);
    }
    for (gossip::packet_to_send& each : wanted.packets) datagram(which, at(each.to), std::move(each.message));
    for (auto& each : wanted.reliables) {
        std::size_t to = at(each.to);
        later(delay(), [this, which, to, id = each.id, message = std::move(each.message)] {
            bool there = to < _hosts.size() && reach(which, to);
            if (there) {
                _hosts[to].db->user_message(message, _now);
                drain(to);
            }
            if (!_hosts[which].alive) return;
            _hosts[which].db->delivery_ended(id, there, _now);
            drain(which);
        });
    }
    for (const ip_endpoint& each : wanted.joins) join(which, each);
}

void world::datagram(std::size_t from, std::size_t to, gossip::bytes message) {
    if (to >= _hosts.size()) return;
    unsigned copies = _random.chance(loss) ? 0 : _random.chance(loss / 2) ? 2 : 1;
    for (; copies > 0; --copies)
        later(delay(), [this, from, to, message] {
            if (!reach(from, to)) return;
            _hosts[to].db->user_message(message, _now);
            drain(to);
        });
}

void world::join(std::size_t which, const ip_endpoint& with) {
    later(delay(), [this, which, with] {
        if (!_hosts[which].alive) return;
        std::size_t other = at(with);
        bool joined = other < _hosts.size() && other != which && reach(which, other);
        if (joined) {
            meet(which, other);
            auto mine = _hosts[which].db->local_state(true, _now);
            auto theirs = _hosts[other].db->local_state(true, _now);
            _hosts[other].db->merge_remote_state(mine, _now);
            _hosts[which].db->merge_remote_state(theirs, _now);
            drain(other);
        }
        _hosts[which].db->join_ended(with, joined, _now);
        drain(which);
    });
}

/// Both learn of each other, and of all that the other calls present.
void world::meet(std::size_t a, std::size_t b) {
    std::set<std::size_t> all = _hosts[a].present;
    all.insert(_hosts[b].present.begin(), _hosts[b].present.end());
    all.insert({a, b});
    for (std::size_t one : all) {
        for (std::size_t other : all) {
            if (one == other || !reach(one, other) || !_hosts[one].present.insert(other).second) continue;
            later(delay() * 10, [this, one, other] {
                if (!_hosts[one].present.contains(other)) return;
                _hosts[one].db->node_joined(_hosts[other].db->self().name, _hosts[other].address, _now);
                drain(one);
            });
        }
    }
    // The two that speak know at once.
    for (auto [one, other] : {std::pair(a, b), std::pair(b, a)}) {
        _hosts[one].db->node_joined(_hosts[other].db->self().name, _hosts[other].address, _now);
        drain(one);
    }
}

void world::probe(std::size_t which) {
    host& self = _hosts[which];
    if (!self.alive) return;
    for (std::size_t other : std::set<std::size_t>(self.present)) {
        std::pair pair(which, other);
        if (reach(which, other)) {
            _silent.erase(pair);
            continue;
        }
        auto since = _silent.emplace(pair, _now).first->second;
        if (_now - since < suspicion) continue;
        _silent.erase(pair);
        self.present.erase(other);
        self.db->node_left(_hosts[other].db->self().name, false, _now);
        drain(which);
    }
    // As gossip_node does with its seeds while it knows nobody.
    if (self.present.empty()) {
        for (std::size_t other = 0; other < _hosts.size(); ++other) {
            if (other == which || !reach(which, other)) continue;
            join(which, _hosts[other].address);
            break;
        }
    }
    later(seconds(1), [this, which] { probe(which); });
}

void world::gossip(std::size_t which) {
    host& self = _hosts[which];
    if (!self.alive) return;
    std::vector<std::size_t> others(self.present.begin(), self.present.end());
    _random.shuffle(others.begin(), others.end());
    if (others.size() > 3) others.resize(3);
    std::vector<gossip::bytes> messages;
    if (!others.empty()) self.db->get_broadcasts(3, 1300, messages);
    for (std::size_t to : others)
        for (const gossip::bytes& each : messages) datagram(which, to, each);
    // Now and then a whole push/pull, as memberlist has every 30 s.
    if (!others.empty() && _random.below(150) == 0 && reach(which, others[0])) {
        std::size_t other = others[0];
        meet(which, other);
        auto mine = self.db->local_state(false, _now);
        _hosts[which].db->merge_remote_state(_hosts[other].db->local_state(false, _now), _now);
        _hosts[other].db->merge_remote_state(mine, _now);
        drain(other);
        drain(which);
    }
    later(milliseconds(200), [this, which] { gossip(which); });
}

std::map<std::string, std::string> world::table(std::size_t which, const std::string& network) const {
    std::map<std::string, std::string> entries;
    const auto& own = _hosts[which].db->own_networks();
    auto found = own.find(network);
    if (found == own.end() || found->second->own->leaving) return entries;
    found->second->own->entries.for_each([&](const entry& each) {
        if (!network_db::visible(each)) return;
        entries[network + "/" + std::string(each.table()) + "/" + each.key()] =
            each.owner()->name + "=" + std::string(each.value());
    });
    return entries;
}

}  // namespace waggle::networkdb
