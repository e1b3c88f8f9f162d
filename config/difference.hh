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

/// A key of the node section that differs.
struct node_change {
    /// As in the file: "udp_port", "vtep.ipv4", "underlay".
    std::string key;
    /// As text for people; "-" where absent.
    std::string from;
    std::string to;
    friend bool operator==(const node_change&, const node_change&) = default;
};

/// What turns one configuration into another. Overlays, peers and endpoints can change while the processes
/// run; a change of the node takes a restart.
struct difference {
    std::vector<node_change> node;
    list_difference<overlay> overlays;
    list_difference<peer> peers;
    list_difference<endpoint> endpoints;

    bool empty() const { return node.empty() && overlays.empty() && peers.empty() && endpoints.empty(); }
    bool needs_restart() const { return !node.empty(); }
};

/// The order of entries in the lists means nothing.
difference compare(const config& from, const config& to);

/// One line a change ("+ added", "- removed", "~ changed: key from -> to"); empty if nothing differs.
std::string to_string(const difference& what);

}  // namespace waggle::config
