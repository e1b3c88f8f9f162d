#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/gossip/core/random.hh"
#include "control/swarm/membership.hh"
#include "control/swarm/wire/dispatcher.pb.h"

namespace waggle::control::swarm {

/// The managers that this host knows, each with the managers' weight and with what this host saw of it.
class manager_list {
public:
    /// More than any swarm has; the rest of a longer list is not looked at.
    static constexpr std::size_t most = 64;

    /// Replaces the list, keeping what was seen of those that stay. An empty list, or one without a usable
    /// address, changes nothing: it would leave this host alone.
    void replace(const google::protobuf::RepeatedPtrField<docker::swarmkit::v1::WeightedPeer>& managers);
    /// From the operator, before a manager has said anything.
    void add(const std::string& address);
    void clear() { _managers.clear(); }

    /// By chance, the heavier the likelier; empty if none is known.
    std::string choose(gossip::random_source& random) const;
    void succeeded(const std::string& address) { observe(address, observation); }
    void failed(const std::string& address) { observe(address, -observation); }

    bool empty() const { return _managers.empty(); }
    std::vector<manager> list() const;

private:
    static constexpr double observation = 10;
    struct known {
        std::string node_id;
        std::int64_t weight = 0;
        /// Smoothed successes and failures, -256 to 256.
        double seen = 0;
    };
    void observe(const std::string& address, double what);
    std::map<std::string, known> _managers;
};

/// True for "ADDRESS:PORT" with a port and an address that can be dialled ("0.0.0.0:2377" can't).
bool is_manager_address(const std::string& text);

}  // namespace waggle::control::swarm
