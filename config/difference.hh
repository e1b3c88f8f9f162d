#pragma once

#include <string>
#include <vector>

#include "config/config.hh"

namespace waggle::config {

/// One thing before and after.
template <typename T>
struct change {
    T from;
    T to;
};

/// Two lists compared by the names of their entries; each part is sorted by name.
template <typename T>
struct list_difference {
    std::vector<T> added;
    std::vector<T> removed;
    std::vector<change<T>> changed;
    bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

/// A key of the node or gossip section that differs.
struct node_change {
    /// As in the file: "udp_port", "vtep.ipv4", "underlay", "gossip.seeds".
    std::string key;
    /// As text for people; "-" where absent.
    std::string from;
    std::string to;
    friend bool operator==(const node_change&, const node_change&) = default;
};

/// What turns one configuration into another. Overlays, peers, endpoints, the seeds and keys of the gossip
/// and the encryption of a Docker swarm's networks can change while the processes run; a change of the node
/// takes a restart.
struct difference {
    /// With what of the gossip section takes a restart, too.
    std::vector<node_change> node;
    std::vector<node_change> gossip;
    list_difference<overlay> overlays;
    list_difference<peer> peers;
    list_difference<endpoint> endpoints;
    /// Of the swarm's `encryption`.
    list_difference<network_encryption> networks = {};

    bool empty() const {
        return node.empty() && gossip.empty() && overlays.empty() && peers.empty() && endpoints.empty() &&
               networks.empty();
    }
    bool needs_restart() const { return !node.empty(); }
};

/// The order of entries in the lists means nothing.
difference compare(const config& from, const config& to);

/// Puts the running configuration's values in place of those that take a restart.
void keep_until_restart(const config& running, config& wanted);

/// One line a change ("+ added", "- removed", "~ changed: key from -> to"); empty if nothing differs.
std::string to_string(const difference& what);

}  // namespace waggle::config
