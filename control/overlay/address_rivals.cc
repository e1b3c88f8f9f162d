#include "control/overlay/address_rivals.hh"

#include <algorithm>

namespace waggle::control {

void address_rivals::apply(const networkdb::entry_change& change) {
    if (change.table != networkdb::overlay_peer_table || change.owner != _own_name) return;
    const std::pair name{change.network, change.key};
    if (auto former = _own_keys.find(name); former != _own_keys.end()) {
        auto at = _own.find({change.network, former->second});
        std::erase_if(at->second, [&](const auto& each) { return each.second == change.key; });
        if (at->second.empty()) _own.erase(at);
        _own_keys.erase(former);
    }
    if (!change.value) return;
    auto record = networkdb::decode_peer_record(*change.value);
    if (!record) return;
    const ip_address& address = record->address.address;
    _own_keys.emplace(name, address);
    _own[{change.network, address}].emplace(change.time, change.key);
}

std::vector<address_rivalry> address_rivals::list(const swarm_tables& tables) const {
    std::vector<address_rivalry> all;
    for (const auto& [name, records] : _own) {
        auto network = tables.networks().find(name.first);
        if (network == tables.networks().end()) continue;
        const swarm_place* best = nullptr;
        network->second.places.for_each_at(name.second, [&](const swarm_place& place) {
            // What lingers of a host's former life most likely comes again or goes; it is no claim.
            if (place.lingers() || std::ranges::find(_own_vteps, place.vtep()) != _own_vteps.end()) return;
            if (best == nullptr || counts_more(place, *best)) best = &place;
        });
        if (best == nullptr) continue;
        const bool won = std::ranges::any_of(records, [&](const auto& each) {
            return each.first > best->time() || (each.first == best->time() && each.second < best->key());
        });
        all.push_back({name.first, name.second, won, best->owner()});
    }
    return all;
}

}  // namespace waggle::control
