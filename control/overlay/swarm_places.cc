#include "control/overlay/swarm_places.hh"

#include <algorithm>
#include <utility>

#include "control/overlay/tunnel_ends.hh"

namespace waggle::control {

/// The places that a change can matter for: those with a touched address or MAC, those that share one with
/// them, and so on.
struct swarm_places::quarrel {
    std::unordered_set<ip_address> addresses;
    std::unordered_set<mac_address> macs;
    std::vector<const swarm_place*> places;

    quarrel(const network_records& records, const std::vector<place_name>& touched) {
        for (const place_name& each : touched) reach(each);
        while (!_open.empty()) {
            const place_name next = _open.back();
            _open.pop_back();
            const auto meet = [&](const swarm_place& one) {
                if (_met.insert(&one).second) {
                    places.push_back(&one);
                    reach({one.second.record.address.address, one.second.record.mac});
                }
            };
            records.by_name.for_each_at(next.address, meet);
            records.by_name.for_each_with(next.mac, meet);
        }
        std::ranges::sort(places,
                          [](const swarm_place* a, const swarm_place* b) { return counts_more(*a, *b); });
    }

private:
    void reach(const place_name& name) {
        const bool new_address = addresses.insert(name.address).second;
        const bool new_mac = macs.insert(name.mac).second;
        if (new_address || new_mac) _open.push_back(name);
    }
    std::vector<place_name> _open;
    std::unordered_set<const swarm_place*> _met;
};

void swarm_places::reset(const config::config& file, const config::config& all, std::size_t given_endpoints,
                         const swarm_tables& tables, const api::state& state) {
    _known = true;
    _overlays.clear();
    _own_v4 = all.node.vtep_v4;
    _own_v6 = all.node.vtep_v6;
    std::unordered_map<std::string, overlay> by_name;
    std::unordered_map<vni, overlay*> by_id;
    for (const config::overlay& each : all.overlays) {
        overlay& made = by_name[each.name];
        made.id = each.id;
        made.subnets = each.subnets;
        by_id[each.id] = &made;
    }
    for (std::size_t i = 0; i < given_endpoints; ++i) {
        const config::endpoint& given = all.endpoints[i];
        auto found = by_name.find(given.overlay);
        if (found == by_name.end()) continue;
        for (const ip_prefix& address : given.addresses)
            found->second.fixed_addresses.insert(address.address);
        found->second.fixed_macs.insert(given.mac);
    }
    for (const config::overlay& each : all.overlays) {
        overlay& made = by_name[each.name];
        const auto records = tables.networks().find(each.network_id());
        std::unordered_set<ip_address> announced;
        if (records != tables.networks().end())
            for (const auto& [key, host] : records->second.hosts)
                for (const auto& vtep : {host.record.vtep_v4, host.record.vtep_v6})
                    if (vtep) announced.insert(*vtep);
        for (std::size_t i = 0; i < all.peers.size(); ++i) {
            const config::peer& peer = all.peers[i];
            const auto chosen = chosen_vtep(all.node, peer);
            const bool here = takes_part(peer, each);
            bool stays = i < file.peers.size() && takes_part(file.peers[i], each);
            for (const auto& vtep : {peer.vtep_v4, peer.vtep_v6}) {
                if (!vtep) continue;
                stays = stays || announced.contains(*vtep);
                if (here) made.ways.emplace(*vtep, chosen);
            }
            if (here && chosen && !stays) made.uses[*chosen] = 0;
        }
    }
    for (const auto& [key, target] : state.forwarding) {
        const auto* to = std::get_if<ip_address>(&target);
        const auto in = by_id.find(key.overlay);
        if (to == nullptr || in == by_id.end()) continue;
        if (auto use = in->second->uses.find(*to); use != in->second->uses.end()) ++use->second;
    }
    for (const config::overlay& each : all.overlays)
        _overlays[each.network_id()].push_back(std::move(by_name[each.name]));
}

std::optional<api::delta> swarm_places::follow(const swarm_tables& tables, const touched_places& touched,
                                               const api::state& state) {
    static const network_records nothing;
    if (!_known) return std::nullopt;
    api::delta change;
    for (const auto& [network, places] : touched) {
        const auto overlays = _overlays.find(network);
        if (overlays == _overlays.end()) continue;
        const auto found = tables.networks().find(network);
        const network_records& records = found != tables.networks().end() ? found->second : nothing;
        for (overlay& in : overlays->second) {
            const std::size_t upserts = change.upserts.forwarding.size();
            const std::size_t removals = change.removals.forwarding.size();
            if (!follow_in(in, records, places, state, change) ||
                !count_uses(in, change, upserts, removals, state)) {
                give_up();
                return std::nullopt;
            }
        }
    }
    return change;
}

bool swarm_places::follow_in(const overlay& in, const network_records& records,
                             const std::vector<place_name>& touched, const api::state& state,
                             api::delta& change) const {
    const quarrel about(records, touched);
    std::unordered_map<ip_address, mac_address> addresses;
    std::unordered_map<mac_address, ip_address> macs;
    for (const swarm_place* place : about.places) {
        const networkdb::peer_record& record = place->second.record;
        if (record.vtep == _own_v4 || record.vtep == _own_v6) continue;
        if (std::ranges::none_of(
                in.subnets, [&](const ip_prefix& subnet) { return subnet.contains(record.address.address); }))
            continue;
        if (in.fixed_macs.contains(record.mac) || in.fixed_addresses.contains(record.address.address))
            continue;
        const auto taken = macs.find(record.mac);
        if (taken != macs.end() && taken->second != record.vtep) continue;
        if (!addresses.emplace(record.address.address, record.mac).second) continue;
        macs.emplace(record.mac, record.vtep);
    }
    for (const mac_address& mac : about.macs) {
        if (in.fixed_macs.contains(mac)) continue;
        std::optional<ip_address> to;
        if (const auto vtep = macs.find(mac); vtep != macs.end()) {
            const auto way = in.ways.find(vtep->second);
            if (way == in.ways.end()) return false;
            to = way->second;
        }
        const auto before = state.forwarding.find({in.id, mac});
        if (to && (before == state.forwarding.end() || before->second != api::forwarding_target(*to)))
            change.upserts.forwarding.emplace_back(api::forwarding_key{in.id, mac}, *to);
        if (!to && before != state.forwarding.end()) change.removals.forwarding.push_back({in.id, mac});
        if (!to) macs.erase(mac);
    }
    for (const ip_address& address : about.addresses) {
        if (in.fixed_addresses.contains(address)) continue;
        const auto mac = addresses.find(address);
        const bool there = mac != addresses.end() && macs.contains(mac->second);
        const auto before = state.neighbours.find({in.id, address});
        if (there && (before == state.neighbours.end() || before->second != mac->second))
            change.upserts.neighbours.emplace_back(api::neighbour_key{in.id, address}, mac->second);
        if (!there && before != state.neighbours.end())
            change.removals.neighbours.push_back({in.id, address});
    }
    return true;
}

bool swarm_places::count_uses(overlay& in, const api::delta& change, std::size_t upserts_before,
                              std::size_t removals_before, const api::state& state) const {
    bool some_left = true;
    const auto count = [&](const api::forwarding_target& target, bool more) {
        const auto* to = std::get_if<ip_address>(&target);
        const auto use = to != nullptr ? in.uses.find(*to) : in.uses.end();
        if (use == in.uses.end()) return;
        use->second += more ? std::size_t{1} : ~std::size_t{0};
    };
    std::vector<ip_address> lessened;
    const auto lessen = [&](const api::forwarding_key& key) {
        const auto before = state.forwarding.find(key);
        if (before == state.forwarding.end()) return;
        count(before->second, false);
        if (const auto* to = std::get_if<ip_address>(&before->second)) lessened.push_back(*to);
    };
    for (std::size_t i = upserts_before; i < change.upserts.forwarding.size(); ++i) {
        lessen(change.upserts.forwarding[i].first);
        count(change.upserts.forwarding[i].second, true);
    }
    for (std::size_t i = removals_before; i < change.removals.forwarding.size(); ++i)
        lessen(change.removals.forwarding[i]);
    // Without places the host is not there either.
    for (const ip_address& to : lessened)
        if (const auto use = in.uses.find(to); use != in.uses.end() && use->second == 0) some_left = false;
    return some_left;
}

}  // namespace waggle::control
