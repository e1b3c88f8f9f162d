#include <algorithm>

#include "control/agent/swarm_host.hh"

/// What a swarm host shows to people.
namespace waggle::control {
namespace {

/// Of two members with one address: what is present, else what was so later.
bool more_telling(const swarm_report::member& a, const swarm_report::member& b) {
    auto present = [](const swarm_report::member& each) {
        return each.state == gossip::member_state::alive || each.state == gossip::member_state::suspect;
    };
    if (present(a) != present(b)) return present(a);
    return a.state_since > b.state_since;
}

member_view view_of(const swarm_report::member& who, gossip::time_point now) {
    member_view view{.name = who.name,
                     .address = who.address.to_string(),
                     .state = gossip::to_string(who.state),
                     .incarnation = who.incarnation,
                     .networks = who.networks,
                     .heard = std::nullopt};
    if (who.last_heard != gossip::time_point())
        view.heard = std::chrono::duration<double>(std::max(now, who.last_heard) - who.last_heard).count();
    return view;
}

}  // namespace

std::map<ip_address, member_view> swarm_host::members_by_vtep() const {
    std::map<gossip::ip_endpoint, const swarm_report::member*> by_address;
    for (const swarm_report::member& each : *_report.members) {
        if (each.address == _thread->address()) continue;
        auto [known, added] = by_address.emplace(each.address, &each);
        if (!added && more_telling(each, *known->second)) known->second = &each;
    }
    std::map<std::string_view, ip_address> vteps;
    for (const auto& [id, records] : _tables.networks()) {
        for (const auto& [key, host] : records.hosts)
            vteps.emplace(host.owner, host.record.vtep_v4 ? *host.record.vtep_v4 : *host.record.vtep_v6);
        // The smallest of several, whatever their order.
        std::map<std::string_view, ip_address> of_places;
        records.places.for_each_owner([&](const place_owner& owner) {
            const auto [known, added] = of_places.emplace(owner.name, owner.vtep);
            if (!added) known->second = std::min(known->second, owner.vtep);
        });
        vteps.merge(of_places);
    }
    std::map<ip_address, member_view> views;
    for (const auto& [address, who] : by_address) {
        auto told = vteps.find(who->name);
        views.insert_or_assign(told != vteps.end() ? told->second : address.ip, view_of(*who, _report.when));
    }
    return views;
}

gossip_view swarm_host::gossip() const {
    gossip_view view;
    view.name = _report.name;
    view.address = _thread->address().to_string();
    view.connected = _report.connected;
    for (const gossip::ip_endpoint& each : _seeds) view.seeds.push_back(each.to_string());
    view.seeds_are_down = _report.seeds_are_down;
    view.keys = _fingerprints;
    for (const swarm_report::member& each : *_report.members) {
        switch (each.state) {
            case gossip::member_state::alive:
                ++view.alive;
                break;
            case gossip::member_state::suspect:
                ++view.suspect;
                break;
            case gossip::member_state::dead:
                ++view.dead;
                break;
            case gossip::member_state::left:
                ++view.left;
                break;
        }
    }
    view.awareness = _report.awareness;
    view.awareness_limit = _report.awareness_limit;
    view.network_time = _report.network_time;
    view.table_time = _report.table_time;
    view.member_events_waiting = _report.member_events_waiting;
    view.network_events_waiting = _report.network_events_waiting;
    for (const swarm_report::network& each : _report.networks) view.table_events_waiting += each.waiting;
    view.last_change_seconds = _report.last_change_seconds;
    _rates.fill(view);
    fill_counters(_report, _thread->counters(), _tables.refused(), view);
    return view;
}

}  // namespace waggle::control
