#include "dataplane/api/tracked_state.hh"

#include <algorithm>

#include "dataplane/api/describe.hh"
#include "dataplane/api/validate.hh"

namespace waggle::api {

namespace {

/// One reference more or less; what nobody refers to takes no memory.
template <typename Map, typename Key>
void step(Map& counts, const Key& key, bool add) {
    if (add) {
        ++counts[key];
        return;
    }
    const auto found = counts.find(key);
    if (--found->second == 0) counts.erase(found);
}

template <typename Map, typename Key>
void step(Map& counts, const Key& key, std::uint64_t tracked_state::overlay_references::*field, bool add) {
    if (add) {
        ++(counts[key].*field);
        return;
    }
    const auto found = counts.find(key);
    --(found->second.*field);
    if (!found->second.any()) counts.erase(found);
}

}  // namespace

void tracked_state::count(const std::string&, const access_port& port, bool add) {
    step(_overlay_references, port.overlay, &overlay_references::ports, add);
}

void tracked_state::count(const forwarding_key& key, const forwarding_target& target, bool add) {
    step(_overlay_references, key.overlay, &overlay_references::forwarding, add);
    if (const ip_address* vtep_address = std::get_if<ip_address>(&target)) {
        step(_member_references, member{key.overlay, *vtep_address}, add);
    } else {
        step(_port_references, port_reference{std::get<std::string>(target), key.overlay}, add);
    }
}

void tracked_state::count(const neighbour_key& key, const mac_address&, bool add) {
    step(_overlay_references, key.overlay, &overlay_references::neighbours, add);
}

void tracked_state::count(const association_key& key, const association& parameters, bool add) {
    step(_vtep_associations, key.vtep, add);
    if (const auto slot = sender_slot_of(key, parameters)) step(_senders, *slot, add);
    if (!parameters.overlay) return;
    step(_overlay_references, *parameters.overlay, &overlay_references::associations, add);
    step(_member_associations, member{*parameters.overlay, key.vtep}, add);
}

void tracked_state::count(const member& one, bool add) {
    step(_overlay_references, one.overlay, &overlay_references::members, add);
    step(_vtep_references, one.vtep, add);
}

template <typename Map, typename Key, typename Value, typename Log>
void tracked_state::set(Map& map, const Key& key, const Value& value, Log* log) {
    const auto [entry, is_new] = map.try_emplace(key, value);
    if (!is_new) {
        if (entry->second == value) return;
        count(key, entry->second, false);
    }
    count(key, value, true);
    if (log != nullptr) log->emplace_back(key, std::nullopt);
    if (is_new) return;
    if (log != nullptr) log->back().second = std::move(entry->second);
    entry->second = value;
}

template <typename Map, typename Key, typename Log>
bool tracked_state::erase(Map& map, const Key& key, Log* log) {
    const auto entry = map.find(key);
    if (entry == map.end()) return false;
    count(key, entry->second, false);
    if (log != nullptr) log->emplace_back(key, std::move(entry->second));
    map.erase(entry);
    return true;
}

template <typename Map, typename Log>
void tracked_state::restore(Map& map, Log& log) {
    using unlogged = Log;
    for (auto change = log.rbegin(); change != log.rend(); ++change) {
        if (change->second) {
            set(map, change->first, *change->second, static_cast<unlogged*>(nullptr));
        } else {
            erase(map, change->first, static_cast<unlogged*>(nullptr));
        }
    }
}

void tracked_state::upsert(const delta::upsert_lists& lists, undo_log* log) {
    if (lists.udp_port) {
        if (log != nullptr) log->udp_port = _state.udp_port;
        _state.udp_port = *lists.udp_port;
    }
    for (const auto& [name, port] : lists.ports) set(_state.ports, name, port, log ? &log->ports : nullptr);
    for (const auto& [id, parameters] : lists.overlays)
        set(_state.overlays, id, parameters, log ? &log->overlays : nullptr);
    for (const auto& [address, parameters] : lists.vteps)
        set(_state.vteps, address, parameters, log ? &log->vteps : nullptr);
    for (const member& one : lists.members) {
        if (!_state.members.insert(one).second) continue;
        count(one, true);
        if (log != nullptr) log->members.emplace_back(one, false);
    }
    for (const auto& [key, target] : lists.forwarding)
        set(_state.forwarding, key, target, log ? &log->forwarding : nullptr);
    for (const auto& [key, mac] : lists.neighbours)
        set(_state.neighbours, key, mac, log ? &log->neighbours : nullptr);
    for (const auto& [key, parameters] : lists.associations)
        set(_state.associations, key, parameters, log ? &log->associations : nullptr);
}

result<void> tracked_state::remove(const delta::removal_lists& lists, undo_log& log) {
    const auto missing = [](const std::string& what) {
        return error{what + " is to be removed, but is not there"};
    };
    for (const std::string& name : lists.ports)
        if (!erase(_state.ports, name, &log.ports)) return missing(describe_port(name));
    for (const vni& id : lists.overlays)
        if (!erase(_state.overlays, id, &log.overlays)) return missing(describe_overlay(id));
    for (const ip_address& address : lists.vteps)
        if (!erase(_state.vteps, address, &log.vteps)) return missing(describe_vtep(address));
    for (const member& one : lists.members) {
        if (_state.members.erase(one) == 0) return missing(describe(one));
        count(one, false);
        log.members.emplace_back(one, true);
    }
    for (const forwarding_key& key : lists.forwarding)
        if (!erase(_state.forwarding, key, &log.forwarding)) return missing(describe(key));
    for (const neighbour_key& key : lists.neighbours)
        if (!erase(_state.neighbours, key, &log.neighbours)) return missing(describe(key));
    for (const association_key& key : lists.associations)
        if (!erase(_state.associations, key, &log.associations)) return missing(describe(key));
    return {};
}

tracked_state::overlay_references tracked_state::references(vni id) const {
    const auto found = _overlay_references.find(id);
    return found == _overlay_references.end() ? overlay_references{} : found->second;
}

void tracked_state::reserve(std::size_t forwarding, std::size_t neighbours) {
    _state.forwarding.reserve(forwarding);
    _state.neighbours.reserve(neighbours);
}

result<void> tracked_state::add(const delta::upsert_lists& piece) {
    if (auto checked = check_each(piece); !checked) return checked;
    upsert(piece, nullptr);
    return {};
}

result<tracked_state::undo_log> tracked_state::apply(const delta& change) {
    if (auto checked = check_each(change.upserts); !checked) return checked.failure();
    undo_log log;
    upsert(change.upserts, &log);
    result<void> done = remove(change.removals, log);
    if (done) done = check_upserts(change.upserts);
    if (done) done = check_removals(change, log);
    if (done) done = check_associations(change);
    if (done) return log;
    undo(std::move(log));
    return done.failure();
}

void tracked_state::undo(undo_log log) {
    _state.udp_port = log.udp_port.value_or(_state.udp_port);
    restore(_state.ports, log.ports);
    restore(_state.overlays, log.overlays);
    restore(_state.vteps, log.vteps);
    for (auto change = log.members.rbegin(); change != log.members.rend(); ++change) {
        if (change->second) {
            _state.members.insert(change->first);
        } else {
            _state.members.erase(change->first);
        }
        count(change->first, change->second);
    }
    restore(_state.forwarding, log.forwarding);
    restore(_state.neighbours, log.neighbours);
    restore(_state.associations, log.associations);
}

}  // namespace waggle::api
