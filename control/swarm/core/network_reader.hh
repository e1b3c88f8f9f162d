#pragma once

#include <optional>

#include "common/result.hh"
#include "control/swarm/membership.hh"
#include "control/swarm/wire/objects.pb.h"

namespace waggle::control::swarm {

/// Ids of swarmkit are 25 characters; what is longer than this is not held.
inline constexpr std::size_t longest_id = 64;
inline constexpr std::size_t longest_name = 256;
inline constexpr std::size_t most_subnets = 64;
inline constexpr std::size_t most_addresses = 16;
inline constexpr std::size_t most_aliases = 64;

/// An overlay network out of the managers' object; an error says in one sentence why it can't be served.
result<network> read_network(const docker::swarmkit::v1::Network& from);

/// The attachment of an attachment task, with the network it is on. An error if it is of no use.
result<attachment> read_attachment(const docker::swarmkit::v1::Task& from);

}  // namespace waggle::control::swarm
