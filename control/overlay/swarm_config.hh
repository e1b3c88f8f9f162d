#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/ip_address.hh"
#include "config/config.hh"
#include "control/gossip/swarm/publication.hh"
#include "control/overlay/swarm_tables.hh"

namespace waggle::control {

/// Addresses chosen for endpoints of this host, by endpoint.
using chosen_addresses = std::map<std::string, ip_prefix>;

/// The configuration as if the whole swarm had been written into the file.
struct swarm_config {
    config::config config;
    /// The first endpoints, that many, are the file's; the others are places of the gossip.
    std::size_t given = 0;
    /// Records that can't be used and conflicts, one sentence each, at most some; sorted.
    std::vector<std::string> problems;
    /// All of them.
    std::size_t unusable = 0;
    /// Endpoints of this host that wait for an address.
    std::vector<std::string> waiting;
};

/// Pure: hosts become peers, places become endpoints of them, and endpoints without an address get theirs or
/// are left out. Of several records for one address or MAC the newest counts (Lamport time, then key); an
/// endpoint of this host or of the file always does. The same whatever the order of events was.
swarm_config add_swarm(config::config file, const swarm_tables& tables, const chosen_addresses& chosen);

/// What this host has to tell: the networks of all overlays that it has endpoints on, and there itself and
/// its endpoints. `file` without what the swarm says; `announcements`: key announcements by overlay;
/// `claims`: addresses about to be used, by endpoint.
gossip::publication wanted_publication(const config::config& file, const chosen_addresses& chosen,
                                       const std::map<std::string, ip_address>& claims,
                                       const std::map<vni, std::string>& announcements);

}  // namespace waggle::control
