#include <new>
#include <vector>

#include "dataplane/table/table_writer.hh"

namespace waggle {

void table_writer::add_member(overlay_index overlay, vtep_index vtep) {
    overlay_state& state = state_of(overlay);
    if (!state.members.insert(vtep).second) return;
    _tables._members.upsert(overlay, _vteps[vtep].entry->address, vtep);
    ++_vteps[vtep].references;
    if (state.settings.flood) flood_list_changed(overlay);
}

void table_writer::remove_member(overlay_index overlay, vtep_index vtep) {
    overlay_state& state = state_of(overlay);
    if (state.members.erase(vtep) == 0) return;
    _tables._members.erase(overlay, _vteps[vtep].entry->address);
    --_vteps[vtep].references;
    if (state.settings.flood) flood_list_changed(overlay);
}

void table_writer::add_port(overlay_index overlay, port_index port) {
    overlay_state& state = state_of(overlay);
    if (state.ports.insert(port).second && state.settings.flood) flood_list_changed(overlay);
}

void table_writer::remove_port(overlay_index overlay, port_index port) {
    overlay_state& state = state_of(overlay);
    if (state.ports.erase(port) != 0 && state.settings.flood) flood_list_changed(overlay);
}

void table_writer::upsert_forwarding(overlay_index overlay, const mac_address& mac, forwarding_value value) {
    const auto former = _tables._forwarding.upsert(forwarding_key::from(overlay, mac), value);
    if (former)
        count_reference(*former, -1);
    else
        ++state_of(overlay).entries;
    count_reference(value, 1);
}

bool table_writer::erase_forwarding(overlay_index overlay, const mac_address& mac) {
    const auto former = _tables._forwarding.erase(forwarding_key::from(overlay, mac));
    if (!former) return false;
    count_reference(*former, -1);
    --state_of(overlay).entries;
    return true;
}

void table_writer::upsert_neighbour(overlay_index overlay, const ip_address& ip, const mac_address& mac) {
    if (!_tables._neighbours.upsert(overlay, ip, mac)) ++state_of(overlay).entries;
}

bool table_writer::erase_neighbour(overlay_index overlay, const ip_address& ip) {
    if (!_tables._neighbours.erase(overlay, ip)) return false;
    --state_of(overlay).entries;
    return true;
}

result<void> table_writer::reserve(std::size_t forwarding_entries, std::size_t neighbours,
                                   std::size_t members) {
    try {
        _tables._forwarding.reserve(forwarding_entries);
        _tables._neighbours.reserve(neighbours);
        _tables._members.reserve(members);
    } catch (const std::bad_alloc&) {
        return error{"not enough memory for " + std::to_string(forwarding_entries) +
                     " forwarding entries and " + std::to_string(neighbours) +
                     " neighbours; add memory or take overlays off this host"};
    }
    return {};
}

void table_writer::count_reference(forwarding_value value, int change) {
    if (value.is_remote()) _vteps[value.vtep()].references += static_cast<std::size_t>(change);
}

void table_writer::sweep_overlay(overlay_index overlay) {
    std::vector<mac_address> macs;
    _tables._forwarding.for_each([&](forwarding_key key, forwarding_value) {
        if (key.overlay() == overlay) macs.push_back(key.mac());
    });
    for (const mac_address& mac : macs) erase_forwarding(overlay, mac);
    std::vector<ip_address> addresses;
    _tables._neighbours.for_each([&](overlay_index in, const ip_address& ip, const mac_address&) {
        if (in == overlay) addresses.push_back(ip);
    });
    for (const ip_address& ip : addresses) erase_neighbour(overlay, ip);
}

void table_writer::sweep_vtep(vtep_index vtep) {
    for_each_overlay([&](overlay_index overlay, vni, const overlay_settings&) {
        remove_member(overlay, vtep);
        drop_senders(state_of(overlay).senders, vtep);
    });
    drop_senders(_docker_senders, vtep);
    std::vector<forwarding_key> keys;
    _tables._forwarding.for_each([&](forwarding_key key, forwarding_value value) {
        if (value == forwarding_value::remote(vtep)) keys.push_back(key);
    });
    for (const forwarding_key key : keys) erase_forwarding(key.overlay(), key.mac());
}

}  // namespace waggle
