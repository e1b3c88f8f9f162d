#pragma once

#include <grpcpp/channel.h>
#include <memory>
#include <string>

#include "control/swarm/core/effects.hh"

namespace waggle::control::swarm {

/// A channel to one manager, TLS 1.2 at least; nothing is sent before `checks` of the link are passed. It
/// takes no proxy, shares no connection with others, and connects at the first call.
std::shared_ptr<grpc::Channel> make_channel(const open_link& link);

/// gRPC would print every failed attempt on the standard error; what matters is in the calls' status.
void silence_grpc();

}  // namespace waggle::control::swarm
