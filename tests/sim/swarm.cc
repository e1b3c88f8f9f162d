#include "tests/sim/swarm.hh"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "control/gossip/networkdb/records.hh"

namespace waggle::gossip::sim {
namespace {

const std::string everybodys_network = "everybody";
constexpr std::size_t seeds = 3;

/// What engines use, and as long.
std::string random_key(random_source& random) {
    constexpr char digits[] = "0123456789abcdef";
    std::string key;
    for (int i = 0; i < 64; ++i) key += digits[random.below(16)];
    return key;
}

/// 12 hexadecimal digits, as engines have.
std::string name_of(std::size_t host, unsigned life) {
    constexpr char digits[] = "0123456789abcdef";
    std::uint64_t number = std::uint64_t{host} << 16 | life;
    std::string name;
    for (int shift = 44; shift >= 0; shift -= 4) name += digits[number >> shift & 15];
    return name;
}

void check(const result<void>& done) {
    if (!done) throw std::logic_error(done.failure().message);
}

spread_report::moments moments_of(std::vector<duration>& times) {
    if (times.empty()) return {};
    std::ranges::sort(times);
    return {times[times.size() / 2], times.back()};
}

}  // namespace

swarm::swarm(const swarm_shape& shape)
    : _shape(shape), _network(shape.seed, shape.conditions), _hosts(shape.hosts), _extra(shape.hosts) {
}

ip_endpoint swarm::address_of(std::size_t host) {
    return {ip_address::from_v4(0x0a00'0001U + static_cast<std::uint32_t>(host)), 7946};
}

std::string swarm::small_network_of(std::size_t host) const {
    return "network-" + std::to_string(host / _shape.hosts_per_network);
}

std::size_t swarm::hosts_in_network_of(std::size_t host) const {
    std::size_t first = host / _shape.hosts_per_network * _shape.hosts_per_network;
    return std::min(_shape.hosts_per_network, _shape.hosts - first);
}

std::size_t swarm::endpoints_of(std::size_t host) const {
    return _shape.endpoints * (host + 1) / _shape.hosts - _shape.endpoints * host / _shape.hosts;
}

void swarm::publish(std::size_t which, const std::string& network, const std::string& key) {
    const std::uint32_t number = _next_endpoint++;
    const ip_address address = ip_address::from_v4(0x0a80'0000U | (number & 0x7f'ffff));
    const networkdb::peer_record record{
        {address, 9}, mac_address::derived_from(address), address_of(which).ip};
    check(_hosts[which].node->tables().create(network, networkdb::overlay_peer_table, key,
                                              networkdb::encode(record), _network.now()));
}

void swarm::start(std::size_t which) {
    running_host& started = _hosts[which];
    gossip_node_settings settings;
    settings.members.name = name_of(which, started.lives++);
    settings.members.advertise = address_of(which);
    for (std::size_t seed = 0; seed < std::min(seeds, _shape.hosts); ++seed)
        settings.seeds.push_back(address_of(seed));
    settings.random_seed = _network.random()();
    started.node = std::make_unique<gossip_node>(settings, _network.now());
    started.node->on_change(
        [this](std::vector<networkdb::entry_change> changes, time_point now) { heard(changes, now); });
    started.node->start(_network.now());
    for (const std::string& network : {everybodys_network, small_network_of(which)})
        check(started.node->tables().join_network(network, _network.now()));
    for (std::size_t i = endpoints_of(which); i > 0; --i)
        publish(which, small_network_of(which), random_key(_network.random()));
    started.node->touched(_network.now());
    _network.add(address_of(which), *started.node);
}

std::optional<duration> swarm::form(duration limit) {
    for (std::size_t i = 0; i < _hosts.size(); ++i) {
        start(i);
        _network.run(_shape.start_gap);
    }
    const time_point begin = _network.now();
    if (!_network.run_until([&] { return complete(); }, limit)) return std::nullopt;
    return _network.now() - begin;
}

std::size_t swarm::entries_wanted(std::size_t host) const {
    const std::size_t first = host / _shape.hosts_per_network * _shape.hosts_per_network;
    std::size_t wanted = 0;
    for (std::size_t i = first; i < first + hosts_in_network_of(host); ++i)
        wanted += endpoints_of(i) + _extra[i];
    return wanted;
}

bool swarm::holds_what_it_should(std::size_t which) const {
    const networkdb::network_db& tables = _hosts[which].node->tables();
    const auto& own = tables.own_networks();
    // The cheap question first: what is deleted counts here, so the answer may only be too high.
    if (own.at(small_network_of(which))->own->entries.size() < entries_wanted(which)) return false;
    std::size_t held = 0;
    std::size_t held_everywhere = 0;
    for (const auto& [id, in] : own)
        in->own->entries.for_each([&, of = id](const networkdb::entry& one) {
            if (networkdb::network_db::visible(one)) ++(of == everybodys_network ? held_everywhere : held);
        });
    return held == entries_wanted(which) && held_everywhere == _extra_everywhere;
}

bool swarm::complete() const {
    for (const running_host& each : _hosts)
        if (!each.node || each.node->members().present() != _shape.hosts) return false;
    for (std::size_t i = 0; i < _hosts.size(); ++i)
        if (!holds_what_it_should(i)) return false;
    return true;
}

void swarm::heard(const std::vector<networkdb::entry_change>& changes, time_point now) {
    if (_watched.empty()) return;
    for (const networkdb::entry_change& each : changes) {
        if (!each.value) continue;
        if (const auto found = _watched.find(each.key); found != _watched.end())
            _changes[found->second].arrivals.push_back(now);
    }
}

spread_report swarm::spread(std::size_t changes, bool everywhere, duration limit) {
    _changes.clear();
    for (std::size_t i = 0; i < changes; ++i) {
        const std::size_t maker = _network.random().below(_hosts.size());
        const std::string key = random_key(_network.random());
        const std::string network = everywhere ? everybodys_network : small_network_of(maker);
        ++(everywhere ? _extra_everywhere : _extra[maker]);
        _changes.push_back(
            {_network.now(), maker, everywhere ? _shape.hosts : hosts_in_network_of(maker), {}});
        _watched.emplace(key, i);
        publish(maker, network, key);
        _hosts[maker].node->touched(_network.now());
        _network.touched(address_of(maker));
        _network.run(std::chrono::milliseconds(250));
    }
    _network.run_until(
        [&] {
            return std::ranges::all_of(
                _changes, [](const change& each) { return each.arrivals.size() >= each.interested; });
        },
        limit);
    _watched.clear();
    spread_report report;
    std::vector<duration> half;
    std::vector<duration> most;
    std::vector<duration> all;
    for (change& each : _changes) {
        std::ranges::sort(each.arrivals);
        // The first to hold it is the maker, at once.
        const std::size_t others = each.interested - 1;
        if (others == 0) continue;
        auto until = [&](std::size_t share, std::vector<duration>& into) {
            const std::size_t count = (others * share + 99) / 100;
            if (count < each.arrivals.size()) into.push_back(each.arrivals[count] - each.made);
        };
        until(50, half);
        until(99, most);
        until(100, all);
        if (each.arrivals.size() < each.interested) ++report.unfinished;
    }
    report.half = moments_of(half);
    report.most = moments_of(most);
    report.all = moments_of(all);
    return report;
}

restart_report swarm::restart(std::size_t count, duration away, duration limit) {
    std::vector<std::size_t> chosen(_hosts.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    _network.random().shuffle(chosen.begin(), chosen.end());
    chosen.resize(count);
    for (const std::size_t which : chosen) {
        _network.remove(address_of(which));
        // What measurements made on it is gone with it.
        const auto everywhere = _hosts[which].node->tables().own_networks().at(everybodys_network);
        everywhere->own->entries.for_each([&](const networkdb::entry& one) {
            if (one.owner()->name == _hosts[which].node->tables().self().name) --_extra_everywhere;
        });
        _extra[which] = 0;
        _hosts[which].node.reset();
    }
    _network.run(away);
    for (const std::size_t which : chosen) start(which);
    const time_point begin = _network.now();
    restart_report report;
    const auto are_back = [&] {
        return std::ranges::all_of(chosen, [&](std::size_t which) { return holds_what_it_should(which); });
    };
    if (!_network.run_until(are_back, limit)) return report;
    report.restarted = _network.now() - begin;
    if (_network.run_until([&] { return complete(); }, limit)) report.all = _network.now() - begin;
    return report;
}

std::optional<duration> swarm::split(std::size_t changes, duration lasting, duration limit) {
    for (std::size_t i = 0; i < _hosts.size(); i += 2) _network.set_side(address_of(i), 1);
    for (std::size_t i = 0; i < changes; ++i) {
        const std::size_t maker = _network.random().below(_hosts.size());
        ++_extra[maker];
        publish(maker, small_network_of(maker), random_key(_network.random()));
        _hosts[maker].node->touched(_network.now());
        _network.touched(address_of(maker));
        _network.run(lasting / changes);
    }
    _network.heal();
    const time_point begin = _network.now();
    if (!_network.run_until([&] { return complete(); }, limit)) return std::nullopt;
    return _network.now() - begin;
}

traffic_report swarm::idle(duration time) {
    const network_counters before = _network.counters();
    _network.run(time);
    const network_counters& after = _network.counters();
    const double host_seconds =
        std::chrono::duration<double>(time).count() * static_cast<double>(_shape.hosts);
    const auto bytes = after.packet_bytes + after.stream_bytes - before.packet_bytes - before.stream_bytes;
    const auto messages = after.packets + after.streams - before.packets - before.streams;
    return {static_cast<double>(messages) / host_seconds, static_cast<double>(bytes) / host_seconds};
}

std::size_t swarm::entry_memory() const {
    std::size_t sum = 0;
    for (const running_host& each : _hosts)
        for (const auto& [id, in] : each.node->tables().own_networks()) sum += in->own->entries.memory();
    return sum;
}

std::size_t swarm::entries() const {
    std::size_t sum = 0;
    for (const running_host& each : _hosts)
        for (const auto& [id, in] : each.node->tables().own_networks()) sum += in->own->entries.size();
    return sum;
}

}  // namespace waggle::gossip::sim
