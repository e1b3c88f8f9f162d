#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include "common/dense_map.hh"
#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "common/vni.hh"
#include "dataplane/api/association.hh"

/// What control tells the dataplane, as plain values under natural keys. Control holds the desired state in
/// these types, the dataplane the applied one; the socket carries snapshots and differences of them.
namespace waggle::api {

/// The TAP of one overlay, opened by the dataplane in the namespace at `network_namespace` (a path).
struct tap_port {
    std::string interface;
    std::string network_namespace;
    friend bool operator==(const tap_port&, const tap_port&) = default;
};

/// A DPDK port by devargs or PCI address.
struct ethdev_port {
    std::string device;
    friend bool operator==(const ethdev_port&, const ethdev_port&) = default;
};

/// A port towards containers, VMs or DPDK applications of exactly one overlay. Key: its name.
struct access_port {
    vni overlay;
    std::uint16_t mtu = 0;
    std::variant<tap_port, ethdev_port> kind;
    friend bool operator==(const access_port&, const access_port&) = default;
};

/// Key: its VNI.
struct overlay {
    std::string name;
    /// Largest inner IP packet, bytes.
    std::uint16_t mtu = 0;
    bool flood = false;
    waggle::api::encryption encryption = encryption::none;
    friend bool operator==(const overlay&, const overlay&) = default;
};

/// The way to a VTEP as the kernel's routing and neighbour tables give it.
struct next_hop {
    /// Name of an underlay port of the YAML's node section.
    std::string port;
    ip_address source;
    mac_address source_mac;
    mac_address destination_mac;
    /// Largest outer IP packet, bytes.
    std::uint16_t path_mtu = 0;
    friend bool operator==(const next_hop&, const next_hop&) = default;
};

/// Key: its address. Without a next hop nothing can be sent to it: dropped and counted.
struct vtep {
    std::optional<next_hop> hop;
    friend bool operator==(const vtep&, const vtep&) = default;
};

/// A VTEP that takes part in an overlay: may send to us on it, and gets its flooded frames.
struct member {
    vni overlay;
    ip_address vtep;
    friend bool operator==(const member&, const member&) = default;
};

struct forwarding_key {
    vni overlay;
    mac_address mac;
    friend bool operator==(const forwarding_key&, const forwarding_key&) = default;
};

/// Where a MAC lives: behind a VTEP (by address; must be a member of the overlay) or on an access port (by
/// name; must be of the overlay).
using forwarding_target = std::variant<ip_address, std::string>;

struct neighbour_key {
    vni overlay;
    ip_address ip;
    friend bool operator==(const neighbour_key&, const neighbour_key&) = default;
};

struct forwarding_key_hash {
    std::size_t operator()(const forwarding_key& key) const noexcept {
        return std::hash<std::uint64_t>{}((key.mac.to_u64() << 16 ^ key.overlay.value()) *
                                          0x9e37'79b9'7f4a'7c15U);
    }
};
struct neighbour_key_hash {
    std::size_t operator()(const neighbour_key& key) const noexcept {
        return std::hash<ip_address>{}(key.ip) * 31 + key.overlay.value();
    }
};
struct member_hash {
    std::size_t operator()(const member& m) const noexcept {
        return std::hash<ip_address>{}(m.vtep) * 31 + m.overlay.value();
    }
};

/// Everything at one moment. References are closed: members name overlays and VTEPs that exist, associations
/// VTEPs that exist and (waggle) encrypted overlays that the VTEP is a member of, and so on.
struct state {
    /// Port of VXLAN, to send to and to listen on; 0: as the dataplane's own configuration says.
    std::uint16_t udp_port = 0;
    std::unordered_map<std::string, access_port> ports;
    std::unordered_map<vni, overlay> overlays;
    std::unordered_map<ip_address, vtep> vteps;
    std::unordered_set<member, member_hash> members;
    /// As many as all hosts of the swarm have endpoints.
    dense_map<forwarding_key, forwarding_target, forwarding_key_hash> forwarding;
    dense_map<neighbour_key, mac_address, neighbour_key_hash> neighbours;
    std::unordered_map<association_key, association, association_key_hash> associations;
    friend bool operator==(const state&, const state&) = default;
};

}  // namespace waggle::api
