#pragma once

#include <string>

#include "control/swarm/wire/objects.pb.h"

namespace waggle::control::swarm {

/// What this host is, as the managers keep it of a node; without its TLS part.
docker::swarmkit::v1::NodeDescription describe_host(const std::string& hostname);

}  // namespace waggle::control::swarm
