#include "control/agent/swarm_thread.hh"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace waggle::control {
namespace {

/// The list of members is copied for the views this often.
constexpr std::size_t few_members = 1000;
constexpr gossip::duration usual_rest = std::chrono::milliseconds(200);
constexpr gossip::duration rest_with_many = std::chrono::seconds(10);

void log(const gossip::notice& line) {
    using importance = gossip::notice::importance;
    spdlog::log(line.level == importance::warning ? spdlog::level::warn
                : line.level == importance::info  ? spdlog::level::info
                                                  : spdlog::level::debug,
                "{}", line.text);
}

}  // namespace

swarm_thread::swarm_thread(const gossip::gossip_node_settings& settings, callbacks told)
    : _address(settings.members.advertise),
      _told(std::move(told)),
      _random(settings.random_seed + 1),
      _node(settings, gossip::monotonic_now()),
      _publisher(_node.tables(), _random) {
}

result<std::unique_ptr<swarm_thread>> swarm_thread::start(const gossip::gossip_node_settings& settings,
                                                          gossip::keyring keys, callbacks told) {
    std::unique_ptr<swarm_thread> made(new swarm_thread(settings, std::move(told)));
    gossip::transport_settings where;
    where.listen = settings.members.advertise;
    auto opened = gossip::transport::open(where, std::move(keys), made->_node, log);
    if (!opened) return opened.failure();
    made->_transport = std::move(*opened);
    swarm_thread* self = made.get();
    self->_node.on_change([self](std::vector<networkdb::entry_change> changes, gossip::time_point) {
        self->_told.changes(std::move(changes));
    });
    self->_transport->start([self](gossip::time_point now) { self->_node.start(now); });
    return made;
}

swarm_thread::~swarm_thread() {
    if (_transport) _transport->stop();
}

void swarm_thread::publish(gossip::publication wanted) {
    _transport->post([this, wanted = std::move(wanted)](gossip::time_point now) {
        for (const std::string& each : _publisher.publish(wanted, now)) spdlog::warn("gossip: {}", each);
        _node.touched(now);
        if (own_events_wait()) {
            _changed_at = now;
            _last_change_seconds.reset();
        }
        _told.status(make_report(now));
    });
}

void swarm_thread::set_seeds(std::vector<gossip::ip_endpoint> seeds) {
    _transport->post([this, seeds = std::move(seeds)](gossip::time_point now) {
        _node.set_seeds(seeds, now);
        _told.status(make_report(now));
    });
}

void swarm_thread::report() {
    _transport->post([this](gossip::time_point now) { _told.status(make_report(now)); });
}

void swarm_thread::leave() {
    _transport->post([this](gossip::time_point now) { _node.leave(now); });
    report();
}

bool swarm_thread::own_events_wait() const {
    return std::ranges::any_of(_node.tables().own_networks(),
                               [](const auto& each) { return !each.second->own->own_events.empty(); });
}

swarm_report swarm_thread::make_report(gossip::time_point now) {
    _left = _node.leave_finished();
    if (_changed_at && !own_events_wait()) {
        _last_change_seconds = std::chrono::duration<double>(now - *_changed_at).count();
        _changed_at.reset();
    }
    const networkdb::network_db& tables = _node.tables();
    swarm_report report;
    if (now >= _next_members) {
        _members = std::make_shared<const std::vector<swarm_report::member>>(members_of(_node));
        _next_members = now + (_members->size() < few_members ? usual_rest : rest_with_many);
    }
    report.members = _members;
    report.when = now;
    report.awareness = _node.members().awareness();
    report.awareness_limit = _node.members().settings().awareness_limit;
    report.member_events_waiting = _node.members().broadcasts_waiting();
    report.network_events_waiting = tables.events_waiting();
    report.membership = _node.members().counters();
    report.tables = tables.counters();
    report.name = tables.self().name;
    report.connected = _node.connected();
    report.seeds_are_down = _node.seeds_are_down();
    report.hosts_to_remember = _node.remembered();
    report.present = _node.members().present();
    report.network_time = tables.network_time();
    report.table_time = tables.table_time();
    report.last_change_seconds = _last_change_seconds;
    for (const auto& [id, in] : tables.own_networks()) {
        const networkdb::own_network& own = *in->own;
        if (own.leaving) continue;
        report.networks.push_back({id, in->members.size(), own.entries.size(), own.entries.memory(),
                                   own.own_events.size() + own.heard_events.size(), own.in_sync});
    }
    for (const auto& [network, told] : _publisher.published())
        for (const auto& [endpoint, what] : told.endpoints)
            if (!what.claim.empty()) report.claim_keys[endpoint] = _publisher.key_of(network, endpoint);
    return report;
}

}  // namespace waggle::control
