#include "control/overlay/swarm_places.hh"

#include <algorithm>
#include <utility>

#include "common/few_map.hh"
#include "control/overlay/tunnel_ends.hh"

namespace waggle::control {

/// What a change can matter for: the touched addresses and MACs, those of places that have one of them too,
/// and so on; and the places that have them, what counts more first.
struct swarm_places::quarrel {
    /// With the MAC and the VTEP that win them, if any.
    few_map<ip_address, std::optional<mac_address>> addresses;
    few_map<mac_address, std::optional<ip_address>> macs;
    std::vector<const swarm_place*> places;

    quarrel(const network_records& records, const std::vector<place_name>& touched) {
        for (const place_name& each : touched) {
            addresses.try_emplace(each.address);
            macs.try_emplace(each.mac);
        }
        std::size_t address = 0;
        std::size_t mac = 0;
        // Each place is met once at its address.
        const auto meet = [&](const swarm_place& one) {
            places.push_back(&one);
            macs.try_emplace(one.mac());
        };
        const auto reach = [&](const swarm_place& one) { addresses.try_emplace(one.address()); };
        while (address < addresses.size() || mac < macs.size()) {
            if (address < addresses.size())
                records.places.for_each_at(ip_address(addresses[address++].first), meet);
            else
                records.places.for_each_with(mac_address(macs[mac++].first), reach);
        }
        std::ranges::sort(places,
                          [](const swarm_place* a, const swarm_place* b) { return counts_more(*a, *b); });
    }
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
    quarrel about(records, touched);
    for (const swarm_place* place : about.places) {
        if (place->vtep() == _own_v4 || place->vtep() == _own_v6) continue;
        if (std::ranges::none_of(in.subnets,
                                 [&](const ip_prefix& subnet) { return subnet.contains(place->address()); }))
            continue;
        if (in.fixed_macs.contains(place->mac()) || in.fixed_addresses.contains(place->address())) continue;
        std::optional<ip_address>& vtep = *about.macs.find(place->mac());
        if (vtep && *vtep != place->vtep()) continue;
        std::optional<mac_address>& mac = *about.addresses.find(place->address());
        if (mac) continue;
        mac = place->mac();
        vtep = place->vtep();
    }
    for (auto& [mac, vtep] : about.macs) {
        if (in.fixed_macs.contains(mac)) continue;
        if (vtep) {
            const auto way = in.ways.find(*vtep);
            if (way == in.ways.end()) return false;
            vtep = way->second;
        }
        const auto before = state.forwarding.find({in.id, mac});
        if (vtep && (before == state.forwarding.end() || before->second != api::forwarding_target(*vtep)))
            change.upserts.forwarding.emplace_back(api::forwarding_key{in.id, mac}, *vtep);
        if (!vtep && before != state.forwarding.end()) change.removals.forwarding.push_back({in.id, mac});
    }
    for (const auto& [address, mac] : about.addresses) {
        if (in.fixed_addresses.contains(address)) continue;
        const bool there = mac && about.macs.find(*mac)->has_value();
        const auto before = state.neighbours.find({in.id, address});
        if (there && (before == state.neighbours.end() || before->second != *mac))
            change.upserts.neighbours.emplace_back(api::neighbour_key{in.id, address}, *mac);
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
