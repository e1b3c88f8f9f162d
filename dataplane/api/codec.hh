#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/result.hh"
#include "dataplane/api/delta.hh"
#include "dataplane/api/state.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

/// Fills one wire::Entries; repeated targets and members' addresses are written once.
class entry_encoder {
public:
    /// `into` is empty and outlives the encoder.
    explicit entry_encoder(wire::Entries& into) : _into(into) {}

    void add_udp_port(std::uint16_t port);
    void add(const std::string& name, const access_port& port);
    void add(const vni& id, const overlay& parameters);
    void add(const ip_address& address, const vtep& parameters);
    void add(const member& one);
    void add(const forwarding_key& key, const forwarding_target& target);
    void add(const neighbour_key& key, const mac_address& mac);
    /// With the key: only towards the dataplane.
    void add(const association_key& key, const association& parameters);

    /// Things added so far.
    std::size_t size() const { return _size; }

private:
    std::uint32_t index_of(const forwarding_target& target);

    wire::Entries& _into;
    std::size_t _size = 0;
    std::unordered_map<forwarding_target, std::uint32_t> _targets;
    std::unordered_map<ip_address, std::uint32_t> _members;
};

/// Fills one wire::Keys.
class key_encoder {
public:
    /// `into` is empty and outlives the encoder.
    explicit key_encoder(wire::Keys& into) : _into(into) {}

    void add(const std::string& port) { _into.add_ports(port); }
    void add(const vni& id) { _into.add_overlays(id.value()); }
    void add(const ip_address& vtep_address);
    void add(const member& one);
    void add(const forwarding_key& key);
    void add(const neighbour_key& key);
    void add(const association_key& key);

private:
    wire::Keys& _into;
    std::unordered_map<ip_address, std::uint32_t> _members;
};

/// Append what a message holds. Errors: numbers out of range, columns of different lengths, addresses of
/// odd sizes; `out` may have got a part then.
result<void> decode(const wire::Entries& from, delta::upsert_lists& out);
result<void> decode(const wire::Keys& from, delta::removal_lists& out);

/// Addresses as the messages carry them.
std::string encode_address(const ip_address& ip);
std::optional<ip_address> decode_address(const std::string& bytes);

/// Without the keying material.
wire::Association encode_association(const association_key& key, const association& parameters);
/// Keying material of any length up to that of a secret.
result<std::pair<association_key, association>> decode_association(const wire::Association& from);
/// Overwrites the keying material in a message that was sent or taken.
void wipe_keys(wire::Entries& message);
wire::AssociationKey encode_association_key(const association_key& key);
result<association_key> decode_association_key(const wire::AssociationKey& from);

wire::Overlay encode_overlay(vni id, const overlay& parameters);
result<std::pair<vni, overlay>> decode_overlay(const wire::Overlay& from);

}  // namespace waggle::api
