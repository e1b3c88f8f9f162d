#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.hh"
#include "control/attach/container_link.hh"
#include "control/overlay/host_facts.hh"
#include "dataplane/api/state.hh"

namespace waggle::control {

/// What this host should have: the dataplane's state and the container links over its TAPs.
struct desired_state {
    api::state state;
    /// In the order of the endpoints' names.
    std::vector<container_link> links;
    /// Access port of each endpoint of this host, by the endpoint's name.
    std::map<std::string, std::string> port_of_endpoint;
    /// What could not be taken into the state, one sentence each.
    std::vector<std::string> problems;
};

/// The desired state as a pure function: the same for every order of overlays, peers and endpoints in the
/// configuration, with closed references (api::check() accepts it). `config` holds the endpoints of the file
/// and those attached at run time, checked together.
///
/// A peer's addresses of families that this host has too are members of its overlays, so that it may send
/// from any of them; only the chosen one gets a next hop, and thereby packets.
desired_state compute_desired_state(const config::config& config, const host_facts& facts);

}  // namespace waggle::control
