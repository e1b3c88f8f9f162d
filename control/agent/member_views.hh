#pragma once

#include <string>
#include <vector>

#include "control/agent/member_host.hh"
#include "control/api/host.hh"

namespace waggle::control {

/// Pure, but for the ages of keys.
node_view node_view_of(const member_host& member, const std::string& name, moment now);
/// Puts the names and so on that Docker knows the networks by into the views of the gossip's, and adds those
/// that the gossip does not know yet.
void add_docker_networks(const swarm::view& member, std::vector<network_view>& views);
/// "healthy worker ID, session with ADDRESS", or what is wrong.
std::string member_line(const swarm::view& member);
/// What the operator should know, one sentence each. `expected`: the configuration file wants a membership.
std::vector<std::string> member_problems(const member_host& member, const config::node& node, bool expected);

}  // namespace waggle::control
