#include "control/overlay/address_rivals.hh"

#include <algorithm>

namespace waggle::control {

void address_rivals::apply(const networkdb::entry_change& change, const swarm_tables& tables) {
    if (change.table != networkdb::overlay_peer_table) return;
    if (change.owner == _own_name)
        apply_own(change, tables);
    else
        apply_other(change, tables);
}

void address_rivals::apply_own(const networkdb::entry_change& change, const swarm_tables& tables) {
    const std::pair name{change.network, change.key};
    if (auto former = _own_keys.find(name); former != _own_keys.end()) {
        auto at = _own.find({change.network, former->second});
        std::erase_if(at->second.records, [&](const auto& each) { return each.second == change.key; });
        if (at->second.records.empty()) {
            for (const std::string& rival : at->second.rivals) _rival_keys.erase({change.network, rival});
            _own.erase(at);
        }
        _own_keys.erase(former);
    }
    if (!change.value) return;
    auto record = networkdb::decode_peer_record(*change.value);
    if (!record) return;
    const ip_address& address = record->address.address;
    _own_keys.emplace(name, address);
    auto [at, added] = _own.try_emplace({change.network, address});
    at->second.records.emplace(change.time, change.key);
    auto known = tables.networks().find(change.network);
    if (!added || known == tables.networks().end()) return;
    known->second.places.for_each_at(address, [&](const swarm_place& place) {
        at->second.rivals.insert(place.key());
        _rival_keys.emplace(std::pair{change.network, place.key()}, address);
    });
}

void address_rivals::apply_other(const networkdb::entry_change& change, const swarm_tables& tables) {
    const std::pair name{change.network, change.key};
    if (auto former = _rival_keys.find(name); former != _rival_keys.end()) {
        if (auto at = _own.find({change.network, former->second}); at != _own.end())
            at->second.rivals.erase(change.key);
        _rival_keys.erase(former);
    }
    if (_own.empty()) return;
    auto network = tables.networks().find(change.network);
    if (network == tables.networks().end()) return;
    const swarm_place* place = network->second.places.find(change.key);
    if (place == nullptr) return;
    auto at = _own.find({change.network, place->address()});
    if (at == _own.end()) return;
    at->second.rivals.insert(change.key);
    _rival_keys.emplace(name, at->first.second);
}

std::vector<address_rivalry> address_rivals::list(const swarm_tables& tables) const {
    std::vector<address_rivalry> all;
    for (const auto& [name, own] : _own) {
        auto network = tables.networks().find(name.first);
        if (network == tables.networks().end()) continue;
        const swarm_place* best = nullptr;
        const std::string* best_key = nullptr;
        for (const std::string& key : own.rivals) {
            const swarm_place* found = network->second.places.find(key);
            // What lingers of a host's former life most likely comes again or goes; it is no claim.
            if (found == nullptr || found->lingers() ||
                std::ranges::find(_own_vteps, found->vtep()) != _own_vteps.end())
                continue;
            // In the order of their keys, so that of two at one time the first stays.
            if (best != nullptr && found->time() <= best->time()) continue;
            best = found;
            best_key = &key;
        }
        if (best == nullptr) continue;
        const bool won = std::ranges::any_of(own.records, [&](const auto& each) {
            return each.first > best->time() || (each.first == best->time() && each.second < *best_key);
        });
        all.push_back({name.first, name.second, won, best->owner()});
    }
    return all;
}

}  // namespace waggle::control
