#include "dataplane/api/codec.hh"

namespace waggle::api {

namespace {

std::uint64_t upper_half(const ip_address& ip) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8 | ip.bytes()[i];
    return value;
}

std::uint64_t lower_half(const ip_address& ip) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i < 16; ++i) value = value << 8 | ip.bytes()[i];
    return value;
}

void add_member(wire::Members& into, std::unordered_map<ip_address, std::uint32_t>& known,
                const member& one) {
    const auto [entry, is_new] = known.try_emplace(one.vtep, static_cast<std::uint32_t>(known.size()));
    if (is_new) into.add_addresses(encode_address(one.vtep));
    into.add_overlay(one.overlay.value());
    into.add_vtep(entry->second);
}

/// The columns that keys and entries have in common; the MAC is the caller's.
template <typename Message>
void add_neighbour_key(Message& into, const neighbour_key& key) {
    if (key.ip.is_v4()) {
        into.mutable_neighbours_v4()->add_overlay(key.overlay.value());
        into.mutable_neighbours_v4()->add_ip(key.ip.v4());
    } else {
        into.mutable_neighbours_v6()->add_overlay(key.overlay.value());
        into.mutable_neighbours_v6()->add_ip_high(upper_half(key.ip));
        into.mutable_neighbours_v6()->add_ip_low(lower_half(key.ip));
    }
}

}  // namespace

std::string encode_address(const ip_address& ip) {
    const auto bytes = ip.wire_bytes();
    return {bytes.begin(), bytes.end()};
}

wire::Overlay encode_overlay(vni id, const overlay& parameters) {
    wire::Overlay out;
    out.set_vni(id.value());
    out.set_name(parameters.name);
    out.set_mtu(parameters.mtu);
    out.set_flood(parameters.flood);
    out.set_encryption(static_cast<wire::Encryption>(parameters.encryption));
    return out;
}

void entry_encoder::add_udp_port(std::uint16_t port) {
    ++_size;
    _into.set_udp_port(port);
}

void entry_encoder::add(const std::string& name, const access_port& port) {
    ++_size;
    wire::Port& out = *_into.add_ports();
    out.set_name(name);
    out.set_overlay(port.overlay.value());
    out.set_mtu(port.mtu);
    if (const auto* tap = std::get_if<tap_port>(&port.kind)) {
        out.mutable_tap()->set_interface(tap->interface);
        out.mutable_tap()->set_network_namespace(tap->network_namespace);
    } else {
        out.mutable_ethdev()->set_device(std::get<ethdev_port>(port.kind).device);
    }
}

void entry_encoder::add(const vni& id, const overlay& parameters) {
    ++_size;
    *_into.add_overlays() = encode_overlay(id, parameters);
}

void entry_encoder::add(const ip_address& address, const vtep& parameters) {
    ++_size;
    wire::Vtep& out = *_into.add_vteps();
    out.set_address(encode_address(address));
    if (!parameters.hop) return;
    wire::NextHop& hop = *out.mutable_hop();
    hop.set_port(parameters.hop->port);
    hop.set_source(encode_address(parameters.hop->source));
    hop.set_source_mac(parameters.hop->source_mac.to_u64());
    hop.set_destination_mac(parameters.hop->destination_mac.to_u64());
    hop.set_path_mtu(parameters.hop->path_mtu);
}

void entry_encoder::add(const member& one) {
    ++_size;
    add_member(*_into.mutable_members(), _members, one);
}

std::uint32_t entry_encoder::index_of(const forwarding_target& target) {
    const auto [entry, is_new] = _targets.try_emplace(target, static_cast<std::uint32_t>(_targets.size()));
    if (is_new) {
        wire::Target& out = *_into.mutable_forwarding()->add_targets();
        if (const auto* vtep_address = std::get_if<ip_address>(&target)) {
            out.set_vtep(encode_address(*vtep_address));
        } else {
            out.set_port(std::get<std::string>(target));
        }
    }
    return entry->second;
}

void entry_encoder::add(const forwarding_key& key, const forwarding_target& target) {
    ++_size;
    const std::uint32_t index = index_of(target);
    wire::Forwarding& out = *_into.mutable_forwarding();
    out.add_overlay(key.overlay.value());
    out.add_mac(key.mac.to_u64());
    out.add_target(index);
}

void entry_encoder::add(const neighbour_key& key, const mac_address& mac) {
    ++_size;
    add_neighbour_key(_into, key);
    if (key.ip.is_v4()) {
        _into.mutable_neighbours_v4()->add_mac(mac.to_u64());
    } else {
        _into.mutable_neighbours_v6()->add_mac(mac.to_u64());
    }
}

void entry_encoder::add(const association_key& key, const association& parameters) {
    ++_size;
    wire::Association& out = *_into.add_associations();
    out = encode_association(key, parameters);
    const auto material = parameters.keying_material.reveal();
    out.set_keying_material(material.data(), material.size());
}

void key_encoder::add(const association_key& key) {
    *_into.add_associations() = encode_association_key(key);
}

void key_encoder::add(const ip_address& vtep_address) {
    _into.add_vteps(encode_address(vtep_address));
}

void key_encoder::add(const member& one) {
    add_member(*_into.mutable_members(), _members, one);
}

void key_encoder::add(const forwarding_key& key) {
    _into.mutable_forwarding()->add_overlay(key.overlay.value());
    _into.mutable_forwarding()->add_mac(key.mac.to_u64());
}

void key_encoder::add(const neighbour_key& key) {
    add_neighbour_key(_into, key);
}

}  // namespace waggle::api
