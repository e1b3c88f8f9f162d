#include "dataplane/table/table_writer.hh"

#include <new>
#include <string>
#include <utility>

namespace waggle {
namespace {

const std::shared_ptr<const flood_list>& nobody() {
    static const auto list = std::make_shared<const flood_list>();
    return list;
}

/// Keeps `object` alive for a grace period.
template <typename T>
void retire(rcu_domain& rcu, std::shared_ptr<T> object) {
    if (object) rcu.retire([kept = std::move(object)]() mutable { kept.reset(); });
}

}  // namespace

table_writer::table_writer(waggle::tables& to, rcu_domain& rcu, unsigned workers)
    : _tables(to),
      _rcu(rcu),
      _workers(workers),
      _no_overlay_counters(std::make_unique<overlay_counters[]>(workers)) {
}

table_writer::~table_writer() {
    // Workers may still be on their way out: take everything away, let RCU free it.
    for (std::size_t i = 1; i < _overlays.size(); ++i) {
        if (!_overlays[i]) continue;
        _tables._vnis.set(_overlays[i]->id, no_overlay);
        _tables._overlays[i].store(nullptr, std::memory_order_release);
        retire(_rcu, std::move(_overlays[i]->entry));
        retire(_rcu, std::move(_overlays[i]->flooding));
        retire(_rcu, std::move(_overlays[i]->counters));
        retire(_rcu, std::move(_overlays[i]->senders.table));
    }
    retire(_rcu, std::move(_docker_senders.table));
    for (const auto& [address, index] : _vtep_of) {
        _tables._vteps[index].store(nullptr, std::memory_order_release);
        retire(_rcu, std::move(_vteps[index].entry));
    }
}

void table_writer::commit() {
    for (const overlay_index overlay : std::exchange(_changed_flood_lists, {}))
        if (_overlays[overlay] && _overlays[overlay]->flood_list_changed) rebuild_flood_list(overlay);
    for (const overlay_index overlay : std::exchange(_removed_overlays, {}))
        _rcu.retire([pool = _overlay_indexes, overlay] { pool->give_back(overlay); });
    for (const vtep_index vtep : std::exchange(_removed_vteps, {}))
        _rcu.retire([pool = _vtep_indexes, vtep] { pool->give_back(vtep); });
    _rcu.reclaim();
}

result<overlay_index> table_writer::create_overlay(vni id, const overlay_settings& settings) {
    if (_tables.overlay_of(id) != no_overlay) return error{"VNI " + id.to_string() + " is in use already"};
    const auto index = _overlay_indexes->take();
    if (!index)
        return error{"no room for VNI " + id.to_string() + ": this host has 65,535 overlays, remove some"};
    if (_overlays.size() <= *index) _overlays.resize(std::size_t{*index} + 1);
    _overlays[*index] = std::make_unique<overlay_state>();
    overlay_state& state = state_of(*index);
    state.id = id;
    state.settings = settings;
    state.counters.reset(new overlay_counters[_workers]);
    state.flooding = nobody();
    publish_overlay(*index);
    _tables._vnis.set(id, *index);
    ++_overlay_count;
    return *index;
}

void table_writer::update_overlay(overlay_index overlay, const overlay_settings& settings) {
    overlay_state& state = state_of(overlay);
    const bool flood_changes = state.settings.flood != settings.flood;
    if (state.settings == settings) return;
    state.settings = settings;
    publish_overlay(overlay);
    if (flood_changes) flood_list_changed(overlay);
}

void table_writer::remove_overlay(overlay_index overlay) {
    overlay_state& state = state_of(overlay);
    _tables._vnis.set(state.id, no_overlay);
    while (!state.members.empty()) remove_member(overlay, *state.members.begin());
    if (state.entries != 0) sweep_overlay(overlay);
    while (!state.senders.lanes.empty()) drop_senders(state.senders, state.senders.lanes.begin()->first);
    _tables._overlays[overlay].store(nullptr, std::memory_order_release);
    retire(_rcu, std::move(state.entry));
    retire(_rcu, std::move(state.flooding));
    retire(_rcu, std::move(state.counters));
    retire(_rcu, std::move(state.senders.table));
    _overlays[overlay].reset();
    --_overlay_count;
    _removed_overlays.push_back(overlay);
}

void table_writer::publish_overlay(overlay_index overlay) {
    overlay_state& state = state_of(overlay);
    auto entry = std::make_shared<overlay_entry>();
    entry->vxlan_vni = be32(state.id.value() << 8);
    entry->index = overlay;
    entry->mtu = state.settings.mtu;
    entry->flood = state.settings.flood;
    entry->flooding = state.flooding.get();
    entry->counters = state.counters.get();
    entry->protection = entry->also_accepted = protection::of(state.settings.protection, overlay);
    if (state.settings.protection == protection_kind::docker) {
        entry->also_accepted = protection::of(protection_kind::waggle, overlay);
        make_senders(_docker_senders);
        entry->senders = _docker_senders.table.get();
        entry->own_senders = state.senders.table.get();
    } else if (state.settings.protection == protection_kind::waggle) {
        make_senders(state.senders);
        entry->senders = state.senders.table.get();
    }
    _tables._overlays[overlay].store(entry.get(), std::memory_order_release);
    retire(_rcu, std::exchange(state.entry, std::move(entry)));
}

void table_writer::flood_list_changed(overlay_index overlay) {
    if (!std::exchange(state_of(overlay).flood_list_changed, true)) _changed_flood_lists.push_back(overlay);
}

void table_writer::rebuild_flood_list(overlay_index overlay) {
    overlay_state& state = state_of(overlay);
    state.flood_list_changed = false;
    auto list = nobody();
    if (state.settings.flood)
        list = std::make_shared<const flood_list>(
            flood_list{.vteps = {state.members.begin(), state.members.end()},
                       .ports = {state.ports.begin(), state.ports.end()}});
    auto former = std::exchange(state.flooding, std::move(list));
    publish_overlay(overlay);
    retire(_rcu, std::move(former));
}

result<vtep_index> table_writer::create_vtep(const vtep_entry& entry) {
    if (_vtep_of.contains(entry.address))
        return error{"VTEP " + entry.address.to_string() + " exists already"};
    const auto index = _vtep_indexes->take();
    if (!index)
        return error{"no room for VTEP " + entry.address.to_string() +
                     ": this host knows 65,535 VTEPs, remove some"};
    if (_vteps.size() <= *index) _vteps.resize(std::size_t{*index} + 1);
    _vtep_of.emplace(entry.address, *index);
    update_vtep(*index, entry);
    return *index;
}

void table_writer::update_vtep(vtep_index vtep, const vtep_entry& entry) {
    auto numbered = std::make_shared<vtep_entry>(entry);
    numbered->index = vtep;
    std::shared_ptr<const vtep_entry> published = std::move(numbered);
    _tables._vteps[vtep].store(published.get(), std::memory_order_release);
    retire(_rcu, std::exchange(_vteps[vtep].entry, std::move(published)));
}

void table_writer::remove_vtep(vtep_index vtep) {
    if (_vteps[vtep].references != 0) sweep_vtep(vtep);
    _vtep_of.erase(_vteps[vtep].entry->address);
    _tables._vteps[vtep].store(nullptr, std::memory_order_release);
    retire(_rcu, std::move(_vteps[vtep].entry));
    _removed_vteps.push_back(vtep);
}

std::optional<vtep_index> table_writer::vtep_of(const ip_address& address) const {
    const auto found = _vtep_of.find(address);
    if (found == _vtep_of.end()) return std::nullopt;
    return found->second;
}

counter_values table_writer::counters(overlay_index overlay, unsigned worker) const {
    counter_values values;
    values += overlay == no_overlay ? _no_overlay_counters[worker] : state_of(overlay).counters[worker];
    return values;
}

}  // namespace waggle
