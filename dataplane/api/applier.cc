#include "dataplane/api/applier.hh"

#include <tuple>
#include <utility>

#include "dataplane/api/describe.hh"
#include "dataplane/table/table_writer.hh"

namespace waggle::api {

namespace {

overlay_settings settings_of(const overlay& parameters) {
    return {parameters.mtu, parameters.flood, static_cast<protection_kind>(parameters.encryption)};
}

static_assert(static_cast<int>(protection_kind::none) == static_cast<int>(encryption::none) &&
              static_cast<int>(protection_kind::docker) == static_cast<int>(encryption::docker) &&
              static_cast<int>(protection_kind::waggle) == static_cast<int>(encryption::waggle));

/// Positions in a hash container of the library stay valid until it gets other buckets; those in a dense_map
/// always do.
auto layout_of(const state& s) {
    return std::tuple(s.ports.bucket_count(), s.overlays.bucket_count(), s.vteps.bucket_count(),
                      s.members.bucket_count());
}

/// The same overlay often comes many times in a row.
class overlay_cache {
public:
    explicit overlay_cache(const table_writer& tables) : _tables(tables) {}
    overlay_index find(vni id) {
        if (id != _id || _index == no_overlay) {
            _id = id;
            _index = _tables.overlay_of(id);
        }
        return _index;
    }

private:
    const table_writer& _tables;
    vni _id;
    overlay_index _index = no_overlay;
};

}  // namespace

applier::applier(table_writer& tables, port_opener& ports, std::uint16_t udp_port,
                 std::function<std::uint64_t()> clock)
    : _tables(tables),
      _opener(ports),
      _ports(ports, tables),
      _associations(tables, std::move(clock)),
      _configured_udp_port(udp_port),
      _udp_port(udp_port) {
}

result<void> applier::apply(const delta& change) {
    if (auto known = check_underlay(change.upserts); !known) return known;
    const state& now = _applied->get();
    const auto layout = layout_of(now);
    auto log = _applied->apply(change);
    result<void> done = log ? carry_out(change, now) : result<void>(log.failure());
    if (!done && log) _applied->undo(*std::move(log));
    if (layout != layout_of(now)) ++_epoch;
    return done;
}

result<void> applier::replace(std::unique_ptr<tracked_state> whole) {
    const delta change = difference(_applied->get(), whole->get());
    if (auto known = check_underlay(change.upserts); !known) return known;
    if (auto done = carry_out(change, whole->get()); !done) return done;
    _applied = std::move(whole);
    ++_epoch;
    return {};
}

result<void> applier::check_underlay(const delta::upsert_lists& upserts) const {
    for (const auto& [address, parameters] : upserts.vteps)
        if (parameters.hop && !_opener.underlay(parameters.hop->port))
            return error{describe_vtep(address) + ": there is no underlay port \"" + parameters.hop->port +
                         "\" (see node.underlay in the configuration)"};
    return {};
}

result<void> applier::carry_out(const delta& change, const state& after) {
    // Removals come after upserts: for a moment there is more than in the end.
    if (auto room = _tables.reserve(after.forwarding.size() + change.removals.forwarding.size(),
                                    after.neighbours.size() + change.removals.neighbours.size(),
                                    after.members.size() + change.removals.members.size());
        !room)
        return room;
    port_set::undo_steps undo;
    if (auto prepared = prepare(change.upserts, after, undo); !prepared) {
        for (auto step = undo.rbegin(); step != undo.rend(); ++step) (*step)();
        _ports.abandon();
        _associations.abandon();
        _tables.commit();
        return prepared;
    }
    lead_to_replaced(_ports.bind(), after);
    upsert_entries(change.upserts);
    _associations.apply(change.upserts.associations, change.removals.associations);
    remove_entries(change.removals);
    for (const std::string& name : change.removals.ports) _ports.remove(name);
    _ports.withdraw();
    // Flood lists that name the ports go before the ports do, and these before their overlays.
    _tables.commit();
    _ports.close();
    remove_structure(change.removals);
    _tables.commit();
    return {};
}

result<void> applier::prepare(const delta::upsert_lists& upserts, const state& after,
                              port_set::undo_steps& undo) {
    const std::uint16_t before = _udp_port;
    if (upserts.udp_port) set_udp_port(*upserts.udp_port, undo);
    for (const auto& [name, wanted] : upserts.ports)
        if (auto done = _ports.prepare(name, wanted, undo); !done) return done;
    for (const auto& [id, wanted] : upserts.overlays)
        if (auto done = prepare_overlay(id, wanted, undo); !done) return done;
    for (const auto& [address, wanted] : upserts.vteps)
        if (auto done = prepare_vtep(address, wanted, undo); !done) return done;
    if (auto done = _associations.prepare(upserts.associations); !done) return done;
    if (_udp_port == before) return {};
    // It is in the headers to every VTEP.
    for (const auto& [address, wanted] : after.vteps)
        if (auto done = prepare_vtep(address, wanted, undo); !done) return done;
    // Last, as it can't be taken back: somebody else may have the port before by then.
    return _opener.set_udp_port(_udp_port);
}

void applier::set_udp_port(std::uint16_t wanted, port_set::undo_steps& undo) {
    undo.emplace_back([this, before = _udp_port] { _udp_port = before; });
    _udp_port = wanted == 0 ? _configured_udp_port : wanted;
}

result<void> applier::prepare_overlay(vni id, const overlay& wanted, port_set::undo_steps& undo) {
    const overlay_index existing = _tables.overlay_of(id);
    if (existing != no_overlay) {
        undo.emplace_back([this, existing, settings = _tables.settings_of(existing)] {
            _tables.update_overlay(existing, settings);
        });
        _tables.update_overlay(existing, settings_of(wanted));
        return {};
    }
    const auto created = _tables.create_overlay(id, settings_of(wanted));
    if (!created) return created.failure();
    undo.emplace_back([this, index = *created] { _tables.remove_overlay(index); });
    return {};
}

result<void> applier::prepare_vtep(const ip_address& address, const vtep& wanted,
                                   port_set::undo_steps& undo) {
    vtep_entry entry = make_unreachable_vtep_entry(address);
    if (wanted.hop) {
        const next_hop& hop = *wanted.hop;
        entry = make_vtep_entry({.remote = address,
                                 .source = hop.source,
                                 .source_mac = hop.source_mac,
                                 .destination_mac = hop.destination_mac,
                                 .udp_port = _udp_port,
                                 .path_mtu = hop.path_mtu,
                                 .port = *_opener.underlay(hop.port)});
    }
    if (const auto existing = _tables.vtep_of(address)) {
        undo.emplace_back([this, index = *existing, before = *_tables.tables().vtep(*existing)] {
            _tables.update_vtep(index, before);
        });
        _tables.update_vtep(*existing, entry);
        return {};
    }
    const auto created = _tables.create_vtep(entry);
    if (!created) return created.failure();
    undo.emplace_back([this, index = *created] { _tables.remove_vtep(index); });
    return {};
}

/// A replaced port has another number: entries that name it and that the change does not touch follow.
void applier::lead_to_replaced(const std::unordered_set<std::string>& ports, const state& after) {
    if (ports.empty()) return;
    for (const auto& [key, target] : after.forwarding) {
        const std::string* name = std::get_if<std::string>(&target);
        if (name == nullptr || !ports.contains(*name)) continue;
        const overlay_index overlay = _tables.overlay_of(key.overlay);
        if (overlay != no_overlay) upsert_forwarding(overlay, key.mac, target);
    }
}

/// What refers to something that is not there is removed by the same change again (it was checked), so it
/// is left out.
void applier::upsert_forwarding(overlay_index overlay, const mac_address& mac,
                                const forwarding_target& target) {
    if (const ip_address* address = std::get_if<ip_address>(&target)) {
        if (const auto index = _tables.vtep_of(*address))
            _tables.upsert_forwarding(overlay, mac, forwarding_value::remote(*index));
    } else if (const auto index = _ports.find(std::get<std::string>(target))) {
        _tables.upsert_forwarding(overlay, mac, forwarding_value::local(*index));
    }
}

void applier::upsert_entries(const delta::upsert_lists& upserts) {
    overlay_cache overlays(_tables);
    for (const member& one : upserts.members) {
        const auto vtep = _tables.vtep_of(one.vtep);
        const overlay_index overlay = overlays.find(one.overlay);
        if (vtep && overlay != no_overlay) _tables.add_member(overlay, *vtep);
    }
    for (const auto& [key, target] : upserts.forwarding)
        if (const overlay_index overlay = overlays.find(key.overlay); overlay != no_overlay)
            upsert_forwarding(overlay, key.mac, target);
    for (const auto& [key, mac] : upserts.neighbours)
        if (const overlay_index overlay = overlays.find(key.overlay); overlay != no_overlay)
            _tables.upsert_neighbour(overlay, key.ip, mac);
}

void applier::remove_entries(const delta::removal_lists& removals) {
    overlay_cache overlays(_tables);
    for (const neighbour_key& key : removals.neighbours)
        if (const overlay_index overlay = overlays.find(key.overlay); overlay != no_overlay)
            _tables.erase_neighbour(overlay, key.ip);
    for (const forwarding_key& key : removals.forwarding)
        if (const overlay_index overlay = overlays.find(key.overlay); overlay != no_overlay)
            _tables.erase_forwarding(overlay, key.mac);
    for (const member& one : removals.members) {
        const auto vtep = _tables.vtep_of(one.vtep);
        const overlay_index overlay = overlays.find(one.overlay);
        if (vtep && overlay != no_overlay) _tables.remove_member(overlay, *vtep);
    }
}

void applier::remove_structure(const delta::removal_lists& removals) {
    for (const ip_address& address : removals.vteps)
        if (const auto index = _tables.vtep_of(address)) _tables.remove_vtep(*index);
    for (const vni& id : removals.overlays)
        if (const overlay_index overlay = _tables.overlay_of(id); overlay != no_overlay)
            _tables.remove_overlay(overlay);
}

}  // namespace waggle::api
