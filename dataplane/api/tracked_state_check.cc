#include "dataplane/api/describe.hh"
#include "dataplane/api/tracked_state.hh"
#include "dataplane/api/validate.hh"

namespace waggle::api {

namespace {

error unknown_overlay(const std::string& what, vni id) {
    return error{what + ": there is no overlay " + id.to_string()};
}

}  // namespace

result<void> tracked_state::check_target(const forwarding_key& key, const forwarding_target& target) const {
    if (const ip_address* vtep_address = std::get_if<ip_address>(&target)) {
        if (_state.members.contains({key.overlay, *vtep_address})) [[likely]]
            return {};
        return error{describe(key) + ": " + vtep_address->to_string() + " is not a member of the overlay"};
    }
    const std::string& name = std::get<std::string>(target);
    const auto port = _state.ports.find(name);
    if (port == _state.ports.end()) return error{describe(key) + ": there is no port \"" + name + "\""};
    if (port->second.overlay == key.overlay) return {};
    return error{describe(key) + ": port \"" + name + "\" is of overlay " + port->second.overlay.to_string()};
}

/// A value that is replaced or removed by the same change again does not count: only what is in the state
/// has to be closed.
result<void> tracked_state::check_upserts(const delta::upsert_lists& lists) const {
    const auto stays = [](const auto& map, const auto& key, const auto& value) {
        const auto found = map.find(key);
        return found != map.end() && found->second == value;
    };
    const auto known = [&](vni id) { return _state.overlays.contains(id); };
    for (const auto& [name, port] : lists.ports)
        if (!known(port.overlay) && stays(_state.ports, name, port))
            return unknown_overlay(describe_port(name), port.overlay);
    for (const member& one : lists.members) {
        if (known(one.overlay) && _state.vteps.contains(one.vtep)) continue;
        if (!_state.members.contains(one)) continue;
        if (!known(one.overlay)) return unknown_overlay(describe(one), one.overlay);
        return error{describe(one) + ": there is no such VTEP"};
    }
    for (const auto& [key, target] : lists.forwarding) {
        if (known(key.overlay)) [[likely]] {
            result<void> checked = check_target(key, target);
            if (checked) [[likely]]
                continue;
            if (stays(_state.forwarding, key, target)) return checked;
        } else if (stays(_state.forwarding, key, target)) {
            return unknown_overlay(describe(key), key.overlay);
        }
    }
    for (const auto& [key, mac] : lists.neighbours)
        if (!known(key.overlay) && stays(_state.neighbours, key, mac))
            return unknown_overlay(describe(key), key.overlay);
    return {};
}

/// Whatever went, or moved to another overlay, must not be referred to any more.
result<void> tracked_state::check_removals(const delta& change, const undo_log& log) const {
    for (const auto& [name, before] : log.ports) {
        if (!before) continue;
        const auto now = _state.ports.find(name);
        if (now != _state.ports.end() && now->second.overlay == before->overlay) continue;
        if (auto free = check_unreferenced(name, before->overlay); !free) return free;
    }
    for (const vni& id : change.removals.overlays)
        if (auto free = check_unreferenced(id); !free) return free;
    for (const ip_address& address : change.removals.vteps)
        if (auto free = check_unreferenced(address); !free) return free;
    for (const member& one : change.removals.members)
        if (auto free = check_unreferenced(one); !free) return free;
    return {};
}

result<void> tracked_state::check_closed() const {
    for (const auto& [id, count] : _overlay_references)
        if (!_state.overlays.contains(id))
            return error{"there is no overlay " + id.to_string() + ", but " +
                         describe_count(count.ports, "port", "ports") + ", " +
                         describe_count(count.members, "member", "members") + ", " +
                         describe_count(count.forwarding, "forwarding entry", "forwarding entries") + ", " +
                         describe_count(count.neighbours, "neighbour", "neighbours") + " and " +
                         describe_count(count.associations, "security association", "security associations") +
                         " name it"};
    for (const auto& [address, count] : _vtep_references)
        if (!_state.vteps.contains(address))
            return error{"there is no " + describe_vtep(address) + ", but it is named as a member of " +
                         describe_count(count, "overlay", "overlays")};
    for (const auto& [one, count] : _member_references)
        if (!_state.members.contains(one))
            return error{"there is no " + describe(one) + ", but " +
                         describe_count(count, "forwarding entry leads", "forwarding entries lead") +
                         " to it"};
    for (const auto& [reference, count] : _port_references) {
        const auto port = _state.ports.find(reference.port);
        if (port != _state.ports.end() && port->second.overlay == reference.overlay) continue;
        return error{"there is no " + describe_port(reference.port) + " of overlay " +
                     reference.overlay.to_string() + ", but " +
                     describe_count(count, "forwarding entry leads", "forwarding entries lead") + " to it"};
    }
    if (_state.associations.size() > most_associations) return too_many_associations();
    for (const auto& [key, parameters] : _state.associations) {
        if (auto closed = check_association_references(_state, key, parameters); !closed) return closed;
        if (const auto slot = sender_slot_of(key, parameters); slot && _senders.find(*slot)->second != 1)
            return second_sender(key);
    }
    return {};
}

/// What the change's removals leave dangling is found by check_removals().
result<void> tracked_state::check_associations(const delta& change) const {
    if (_state.associations.size() > most_associations) return too_many_associations();
    for (const auto& [key, former] : change.upserts.associations) {
        const auto found = _state.associations.find(key);
        if (found == _state.associations.end()) continue;
        if (auto closed = check_association_references(_state, key, found->second); !closed) return closed;
        if (const auto slot = sender_slot_of(key, found->second); slot && _senders.find(*slot)->second != 1)
            return second_sender(key);
    }
    for (const auto& [id, former] : change.upserts.overlays) {
        const auto found = _state.overlays.find(id);
        if (found != _state.overlays.end() && found->second.encryption == encryption::none &&
            references(id).associations != 0)
            return error{describe_overlay(id) + " is to be without encryption, but " +
                         describe_count(references(id).associations, "waggle security association is",
                                        "waggle security associations are") +
                         " still for it"};
    }
    return {};
}

result<void> tracked_state::check_unreferenced(vni id) const {
    const overlay_references count = references(id);
    if (!count.any() || _state.overlays.contains(id)) return {};
    return error{describe_overlay(id) + " is to be removed, but " +
                 describe_count(count.ports, "port", "ports") + ", " +
                 describe_count(count.members, "member", "members") + ", " +
                 describe_count(count.forwarding, "forwarding entry", "forwarding entries") + ", " +
                 describe_count(count.neighbours, "neighbour", "neighbours") + " and " +
                 describe_count(count.associations, "security association", "security associations") +
                 " still name it"};
}

result<void> tracked_state::check_unreferenced(const ip_address& vtep_address) const {
    const auto found = _vtep_references.find(vtep_address);
    if (found == _vtep_references.end()) {
        const auto associations = _vtep_associations.find(vtep_address);
        if (associations == _vtep_associations.end()) return {};
        return error{describe_vtep(vtep_address) + " is to be removed, but " +
                     describe_count(associations->second, "security association still names",
                                    "security associations still name") +
                     " it"};
    }
    return error{describe_vtep(vtep_address) + " is to be removed, but is still a member of " +
                 describe_count(found->second, "overlay", "overlays")};
}

result<void> tracked_state::check_unreferenced(const member& one) const {
    const auto found = _member_references.find(one);
    if (found == _member_references.end()) {
        const auto associations = _member_associations.find(one);
        if (associations == _member_associations.end()) return {};
        return error{
            describe(one) + " is to be removed, but " +
            describe_count(associations->second, "security association is", "security associations are") +
            " still for it"};
    }
    return error{
        describe(one) + " is to be removed, but " +
        describe_count(found->second, "forwarding entry still leads", "forwarding entries still lead") +
        " to it"};
}

result<void> tracked_state::check_unreferenced(const std::string& port, vni overlay) const {
    const auto found = _port_references.find({port, overlay});
    if (found == _port_references.end()) return {};
    return error{
        describe_port(port) + " is to leave overlay " + overlay.to_string() + ", but " +
        describe_count(found->second, "forwarding entry still leads", "forwarding entries still lead") +
        " to it"};
}

}  // namespace waggle::api
