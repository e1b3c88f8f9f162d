#include <algorithm>
#include <bit>

#include "dataplane/table/table_writer.hh"

namespace waggle {
namespace {

/// VTEPs that a new table has room for.
constexpr std::size_t fewest_vteps = 64;

/// A worker whose own lane has none takes another's, so that a peer with fewer workers is no obstacle.
sender choose(const std::map<unsigned, sender>& lanes, unsigned worker) {
    if (lanes.empty()) return {};
    if (const auto own = lanes.find(worker); own != lanes.end()) return own->second;
    return std::next(lanes.begin(), static_cast<std::ptrdiff_t>(worker % lanes.size()))->second;
}

}  // namespace

void table_writer::make_senders(sender_group& group) const {
    if (!group.table) group.table = std::make_shared<sender_table>(fewest_vteps, _workers);
}

/// A bigger table takes the place of the former one, which the caller retires.
std::shared_ptr<sender_table> table_writer::grow_senders(sender_group& group, vtep_index vtep) const {
    const std::size_t wanted = std::bit_ceil(std::size_t{vtep} + 1);
    if (group.table->vteps() >= wanted) return nullptr;
    auto grown = std::make_shared<sender_table>(wanted, _workers);
    for (const auto& [each, lanes] : group.lanes)
        for (unsigned worker = 0; worker < _workers; ++worker)
            grown->set(each, worker, choose(lanes, worker));
    return std::exchange(group.table, std::move(grown));
}

void table_writer::set_sender(overlay_index overlay, vtep_index vtep, unsigned lane, sender with) {
    sender_group& group = overlay == no_overlay ? _docker_senders : state_of(overlay).senders;
    if (!group.table) {
        make_senders(group);
        // From here on a docker overlay has a table of its own, too.
        if (overlay != no_overlay) publish_overlay(overlay);
    }
    if (auto former = grow_senders(group, vtep)) {
        // Who reads the overlay from now on reads the new table.
        if (overlay != no_overlay)
            publish_overlay(overlay);
        else
            for_each_overlay([&](overlay_index each, vni, const overlay_settings& settings) {
                if (settings.protection == protection_kind::docker) publish_overlay(each);
            });
        _rcu.retire([kept = std::move(former)]() mutable { kept.reset(); });
    }
    auto& lanes = group.lanes[vtep];
    const bool was_there = lanes.erase(lane) != 0;
    if (with != sender()) lanes.emplace(lane, with);
    _vteps[vtep].references +=
        static_cast<std::size_t>(with != sender()) - static_cast<std::size_t>(was_there);
    for (unsigned worker = 0; worker < _workers; ++worker)
        group.table->set(vtep, worker, choose(lanes, worker));
    if (lanes.empty()) group.lanes.erase(vtep);
}

void table_writer::drop_senders(sender_group& group, vtep_index vtep) {
    const auto found = group.lanes.find(vtep);
    if (found == group.lanes.end()) return;
    _vteps[vtep].references -= found->second.size();
    for (unsigned worker = 0; worker < _workers; ++worker) group.table->set(vtep, worker, {});
    group.lanes.erase(found);
}

void table_writer::set_receiver(spi index, const ip_address& source, esp::inbound_association& association) {
    _tables._receivers.upsert(index, source, &association);
}

void table_writer::remove_receiver(spi index, const ip_address& source) {
    _tables._receivers.erase(index, source);
}

void table_writer::retire_association(std::shared_ptr<void> association) {
    _rcu.retire([kept = std::move(association)]() mutable { kept.reset(); });
}

}  // namespace waggle
