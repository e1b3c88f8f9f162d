#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hh"
#include "control/encryption/docker_keys.hh"
#include "control/overlay/host_facts.hh"
#include "control/swarm/membership.hh"

namespace waggle::control {

/// What a configuration becomes on a member of a Docker swarm.
struct member_config {
    /// With the swarm's data-path port as the node's UDP port, a gossip section made of what the managers
    /// say, an overlay for each IPv4 subnet of the networks that this host has attachments on, and on them
    /// its endpoints with the addresses that were granted.
    config::config config;
    /// Endpoints that are left out of it: why, in one sentence.
    std::map<std::string, std::string> waiting;
    /// Largest inner packet that the network's hosts agree on, bytes, by the overlay's name.
    std::map<std::string, std::uint16_t> mtu_limits;
    /// What the operator should know, one sentence each.
    std::vector<std::string> problems;
};

/// Pure. `file`: the endpoints attached at run time included; its section `swarm` is present. An overlay of
/// the file goes before a network of the swarm with the same name or VNI. Peers of the file that take part in
/// all overlays take part in those of the file.
member_config add_membership(config::config file, const swarm::view& member);

/// What of it the gossip is to be told: networks of the swarm, and this host's endpoints on them.
config::config told_to_swarm(const member_config& of);

/// The attachments that this host's endpoints on networks of the swarm need, by container id.
std::map<std::string, swarm::wanted_attachment> wanted_attachments(const config::config& file);

/// 64 hexadecimal digits, the same in every life of an endpoint of this host; another one if it moves to
/// another network or wishes for other addresses.
std::string container_id(const config::node& node, const config::endpoint& endpoint);

/// Sets the MTU of the overlays that have a limit: that, or less where the underlay carries less.
void limit_mtus(config::config& config, const std::map<std::string, std::uint16_t>& limits,
                const host_facts& facts);

/// The keys of encrypted networks; nothing unless the managers gave three of 16 bytes.
std::optional<docker_keyring> docker_keys_of(const swarm::view& member);

/// "192.0.2.1:2377" or "[2001:db8::1]:2377"; nothing if it is a name.
std::optional<ip_address> host_of(const std::string& address);

}  // namespace waggle::control
