#include "dataplane/api/delta.hh"

namespace waggle::api {

namespace {

/// Entries of `to` that `from` lacks or has with another value, and keys of `from` that `to` lacks.
template <typename Map, typename Upserts, typename Removals>
void compare_maps(const Map& from, const Map& to, Upserts& upserts, Removals& removals) {
    // An empty start is the common case of a first snapshot and needs no look-ups.
    if (from.empty()) {
        upserts.assign(to.begin(), to.end());
        return;
    }
    for (const auto& [key, value] : to) {
        const auto found = from.find(key);
        if (found == from.end() || !(found->second == value)) upserts.emplace_back(key, value);
    }
    for (const auto& [key, value] : from)
        if (!to.contains(key)) removals.push_back(key);
}

template <typename Map, typename Upserts, typename Removals>
void apply_to_map(Map& target, const Upserts& upserts, const Removals& removals) {
    for (const auto& [key, value] : upserts) target.insert_or_assign(key, value);
    for (const auto& key : removals) target.erase(key);
}

}  // namespace

std::size_t delta::size() const {
    return (upserts.udp_port ? 1U : 0U) + upserts.ports.size() + upserts.overlays.size() +
           upserts.vteps.size() + upserts.members.size() + upserts.forwarding.size() +
           upserts.neighbours.size() + upserts.associations.size() + removals.ports.size() +
           removals.overlays.size() + removals.vteps.size() + removals.members.size() +
           removals.forwarding.size() + removals.neighbours.size() + removals.associations.size();
}

delta difference(const state& from, const state& to) {
    delta change;
    if (from.udp_port != to.udp_port) change.upserts.udp_port = to.udp_port;
    compare_maps(from.ports, to.ports, change.upserts.ports, change.removals.ports);
    compare_maps(from.overlays, to.overlays, change.upserts.overlays, change.removals.overlays);
    compare_maps(from.vteps, to.vteps, change.upserts.vteps, change.removals.vteps);
    for (const member& one : to.members)
        if (!from.members.contains(one)) change.upserts.members.push_back(one);
    for (const member& one : from.members)
        if (!to.members.contains(one)) change.removals.members.push_back(one);
    compare_maps(from.forwarding, to.forwarding, change.upserts.forwarding, change.removals.forwarding);
    compare_maps(from.neighbours, to.neighbours, change.upserts.neighbours, change.removals.neighbours);
    compare_maps(from.associations, to.associations, change.upserts.associations,
                 change.removals.associations);
    return change;
}

void apply(state& target, const delta& change) {
    target.udp_port = change.upserts.udp_port.value_or(target.udp_port);
    apply_to_map(target.ports, change.upserts.ports, change.removals.ports);
    apply_to_map(target.overlays, change.upserts.overlays, change.removals.overlays);
    apply_to_map(target.vteps, change.upserts.vteps, change.removals.vteps);
    for (const member& one : change.upserts.members) target.members.insert(one);
    for (const member& one : change.removals.members) target.members.erase(one);
    apply_to_map(target.forwarding, change.upserts.forwarding, change.removals.forwarding);
    apply_to_map(target.neighbours, change.upserts.neighbours, change.removals.neighbours);
    apply_to_map(target.associations, change.upserts.associations, change.removals.associations);
}

}  // namespace waggle::api
