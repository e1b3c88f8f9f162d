#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/agent/link_gate.hh"
#include "control/agent/member_host.hh"
#include "control/agent/swarm_host.hh"
#include "control/api/host.hh"
#include "control/overlay/desired_state.hh"
#include "control/overlay/host_encryption.hh"
#include "control/overlay/reconciler.hh"
#include "control/overlay/runtime_endpoints.hh"

namespace waggle::control {

/// What the views are made of; everything is the agent's.
struct view_sources {
    const runtime_endpoints& endpoints;
    const host_facts& facts;
    /// Why a VTEP has no next hop.
    const std::map<ip_address, std::string>& hop_reasons;
    const desired_state& desired;
    const reconciler& dataplane;
    const link_gate& links;
    const host_encryption& encryption;
    /// With what the swarm says.
    const config::config& config;
    /// Null without a gossip.
    const swarm_host* swarm = nullptr;
    /// Null outside of a Docker swarm.
    const member_host* member = nullptr;
};

/// Pure: the same sources give the same views.
std::vector<overlay_view> overlay_views(const view_sources& from);
enum class endpoint_choice { all, local };
std::vector<endpoint_view> endpoint_views(const view_sources& from,
                                          endpoint_choice which = endpoint_choice::all);
/// Those that this host forwards to.
std::vector<peer_view> peer_views(const view_sources& from);
/// And those that only the gossip knows.
std::vector<peer_view> all_peer_views(const view_sources& from);
/// By id.
std::vector<network_view> network_views(const view_sources& from);
/// Sorted by kind and key.
std::vector<diff_item> diff_items(const reconciler& dataplane);
/// Fills counts, problems and `healthy`.
void summarize(const view_sources& from, status_view& status);

}  // namespace waggle::control
