#include "dataplane/api/validate.hh"

#include <algorithm>

#include "dataplane/api/association_rules.hh"
#include "dataplane/api/describe.hh"

namespace waggle::api {

namespace {

/// Names go into logs and tables: no control characters.
bool is_printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

result<void> check_name(const std::string& what, const std::string& name) {
    if (name.empty()) return error{what + " has no name"};
    if (name.size() > longest_name)
        return error{what + " has a name of " + std::to_string(name.size()) + " bytes; at most " +
                     std::to_string(longest_name) + " are allowed"};
    if (!is_printable(name)) return error{what + " has a control character in its name"};
    return {};
}

/// The kernel's rule for interface names (dev_valid_name): 1 to 15 bytes, no slash, colon or white space.
bool is_interface_name(const std::string& name) {
    if (name.empty() || name.size() > 15 || name == "." || name == "..") return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '/' && c != ':';
    });
}

result<void> check_kind(const tap_port& tap) {
    if (!is_interface_name(tap.interface))
        return error{"interface name \"" + tap.interface +
                     "\" is not allowed: 1 to 15 bytes without slash, colon or white space"};
    if (tap.network_namespace.empty() || tap.network_namespace.front() != '/')
        return error{"network namespace \"" + tap.network_namespace + "\" is not an absolute path"};
    return {};
}

result<void> check_kind(const ethdev_port& ethdev) {
    if (ethdev.device.empty() || !is_printable(ethdev.device))
        return error{"device is empty or has control characters"};
    return {};
}

result<void> check_station(const std::string& what, const mac_address& mac) {
    if (mac.is_zero()) return error{what + " is zero"};
    if (mac.is_multicast()) return error{what + " " + mac.to_string() + " is a multicast address"};
    return {};
}

result<void> check_unicast(const std::string& what, const ip_address& ip) {
    if (ip.is_unspecified()) return error{what + " is the unspecified address"};
    if (ip.is_multicast()) return error{what + " " + ip.to_string() + " is a multicast address"};
    return {};
}

result<void> check_hop(const ip_address& address, const next_hop& hop) {
    if (auto name = check_name("the underlay port", hop.port); !name) return name;
    if (auto source = check_unicast("source", hop.source); !source) return source;
    if (hop.source.is_v4() != address.is_v4())
        return error{"source " + hop.source.to_string() + " is of the other address family"};
    if (auto mac = check_station("source MAC", hop.source_mac); !mac) return mac;
    if (auto mac = check_station("destination MAC", hop.destination_mac); !mac) return mac;
    if (hop.path_mtu < smallest_path_mtu)
        return error{"path MTU " + std::to_string(hop.path_mtu) + " is below " +
                     std::to_string(smallest_path_mtu)};
    return {};
}

result<void> check_target(const state& whole, const forwarding_key& key, const forwarding_target& target) {
    if (const ip_address* vtep_address = std::get_if<ip_address>(&target)) {
        if (whole.members.contains({key.overlay, *vtep_address})) return {};
        return error{describe(key) + ": " + vtep_address->to_string() + " is not a member of the overlay"};
    }
    const std::string& name = std::get<std::string>(target);
    const auto port = whole.ports.find(name);
    if (port == whole.ports.end()) return error{describe(key) + ": there is no port \"" + name + "\""};
    if (port->second.overlay != key.overlay)
        return error{describe(key) + ": port \"" + name + "\" is of overlay " +
                     port->second.overlay.to_string()};
    return {};
}

result<void> check_associations(const state& whole) {
    if (whole.associations.size() > most_associations) return too_many_associations();
    std::unordered_set<sender_slot, sender_slot_hash> senders;
    for (const auto& [key, parameters] : whole.associations) {
        if (auto checked = check_association(key, parameters); !checked) return checked;
        if (auto closed = check_association_references(whole, key, parameters); !closed) return closed;
        if (const auto slot = sender_slot_of(key, parameters); slot && !senders.insert(*slot).second)
            return second_sender(key);
    }
    return {};
}

/// Removes `keys`; a key that is not there (any more) is a fault.
template <typename Container, typename Keys, typename Describe>
result<void> remove(Container& from, const Keys& keys, Describe describe_key) {
    for (const auto& key : keys)
        if (from.erase(key) == 0) return error{describe_key(key) + " is to be removed, but is not there"};
    return {};
}

}  // namespace

result<void> check_port(const std::string& name, const access_port& port) {
    if (auto named = check_name("a port", name); !named) return named;
    if (port.mtu < smallest_overlay_mtu)
        return error{describe_port(name) + ": MTU " + std::to_string(port.mtu) + " is below " +
                     std::to_string(smallest_overlay_mtu)};
    return std::visit([](const auto& kind) { return check_kind(kind); }, port.kind)
        .context(describe_port(name));
}

result<void> check_overlay(vni id, const overlay& parameters) {
    if (auto named = check_name(describe_overlay(id), parameters.name); !named) return named;
    if (parameters.mtu < smallest_overlay_mtu)
        return error{describe_overlay(id) + ": MTU " + std::to_string(parameters.mtu) + " is below " +
                     std::to_string(smallest_overlay_mtu)};
    return {};
}

result<void> check_vtep(const ip_address& address, const vtep& parameters) {
    if (auto unicast = check_unicast("VTEP address", address); !unicast) return unicast;
    if (!parameters.hop) return {};
    return check_hop(address, *parameters.hop).context(describe_vtep(address));
}

result<void> check_forwarding(const forwarding_key& key) {
    if (!key.mac.is_zero() && !key.mac.is_multicast()) [[likely]]
        return {};
    return check_station("address", key.mac).context(describe(key));
}

result<void> check_neighbour(const neighbour_key& key, const mac_address& mac) {
    if (key.ip.is_unspecified() || key.ip.is_multicast())
        return check_unicast("address", key.ip).context(describe(key));
    if (mac.is_zero() || mac.is_multicast()) return check_station("MAC", mac).context(describe(key));
    return {};
}

result<void> check(const state& whole) {
    const auto no_overlay = [&](vni id, const auto& what) -> result<void> {
        if (whole.overlays.contains(id)) return {};
        return error{what() + ": there is no overlay " + id.to_string()};
    };
    for (const auto& [id, parameters] : whole.overlays)
        if (auto checked = check_overlay(id, parameters); !checked) return checked;
    for (const auto& [name, port] : whole.ports) {
        if (auto checked = check_port(name, port); !checked) return checked;
        if (auto known = no_overlay(port.overlay, [&name = name] { return describe_port(name); }); !known)
            return known;
    }
    for (const auto& [address, parameters] : whole.vteps)
        if (auto checked = check_vtep(address, parameters); !checked) return checked;
    for (const member& one : whole.members) {
        if (auto known = no_overlay(one.overlay, [&] { return describe(one); }); !known) return known;
        if (!whole.vteps.contains(one.vtep)) return error{describe(one) + ": there is no such VTEP"};
    }
    for (const auto& [key, target] : whole.forwarding) {
        if (auto checked = check_forwarding(key); !checked) return checked;
        if (auto known = no_overlay(key.overlay, [&key = key] { return describe(key); }); !known)
            return known;
        if (auto checked = check_target(whole, key, target); !checked) return checked;
    }
    for (const auto& [key, mac] : whole.neighbours) {
        if (auto checked = check_neighbour(key, mac); !checked) return checked;
        if (auto known = no_overlay(key.overlay, [&key = key] { return describe(key); }); !known)
            return known;
    }
    return check_associations(whole);
}

result<void> check_each(const delta::upsert_lists& upserts) {
    for (const auto& [name, port] : upserts.ports)
        if (auto checked = check_port(name, port); !checked) return checked;
    for (const auto& [id, parameters] : upserts.overlays)
        if (auto checked = check_overlay(id, parameters); !checked) return checked;
    for (const auto& [address, parameters] : upserts.vteps)
        if (auto checked = check_vtep(address, parameters); !checked) return checked;
    for (const auto& [key, target] : upserts.forwarding)
        if (auto checked = check_forwarding(key); !checked) return checked;
    for (const auto& [key, mac] : upserts.neighbours)
        if (auto checked = check_neighbour(key, mac); !checked) return checked;
    for (const auto& [key, parameters] : upserts.associations)
        if (auto checked = check_association(key, parameters); !checked) return checked;
    return {};
}

result<void> validate(const state& base, const delta& change) {
    if (auto checked = check_each(change.upserts); !checked) return checked;
    state after = base;
    delta upserts_only;
    upserts_only.upserts = change.upserts;
    apply(after, upserts_only);
    const delta::removal_lists& gone = change.removals;
    const auto name_of = [](const auto& key) { return describe(key); };
    if (auto done = remove(after.ports, gone.ports, describe_port); !done) return done;
    if (auto done = remove(after.overlays, gone.overlays, describe_overlay); !done) return done;
    if (auto done = remove(after.vteps, gone.vteps, describe_vtep); !done) return done;
    if (auto done = remove(after.members, gone.members, name_of); !done) return done;
    if (auto done = remove(after.forwarding, gone.forwarding, name_of); !done) return done;
    if (auto done = remove(after.neighbours, gone.neighbours, name_of); !done) return done;
    if (auto done = remove(after.associations, gone.associations, name_of); !done) return done;
    return check(after);
}

}  // namespace waggle::api
