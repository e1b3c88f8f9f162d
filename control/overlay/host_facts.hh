#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/ip_address.hh"
#include "dataplane/api/state.hh"

namespace waggle::control {

/// What the desired state depends on besides the configuration: how the host's kernel sees the underlay, and
/// what was agreed with other hosts.
struct host_facts {
    /// Next hop of each VTEP; no entry and no hop mean the same.
    std::map<ip_address, std::optional<api::next_hop>> next_hops;
    /// Underlay port to MTU of its device, bytes of IP packet. A port that is missing counts as 1500.
    std::map<std::string, std::uint16_t> underlay_mtus;
    /// Path of Waggle's own network namespace, in which the TAPs are.
    std::string waggle_namespace;
    /// Security associations, each for a peer's VTEP and (waggle) an overlay of the configuration.
    std::unordered_map<api::association_key, api::association, api::association_key_hash> associations;
};

}  // namespace waggle::control
