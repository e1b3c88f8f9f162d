#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/gossip/node/gossip_node.hh"
#include "tests/sim/simulated_network.hh"

namespace waggle::gossip::sim {

/// Whole gossip nodes, member list and tables, on one simulated network.
class node_cluster {
public:
    explicit node_cluster(std::uint64_t seed, network_conditions how = {}) : network(seed, how) {}

    static ip_endpoint endpoint(std::size_t index) {
        return {ip_address::from_v4(0x0a00'0001U + static_cast<std::uint32_t>(index)), 7946};
    }
    /// Starts a host, or its next life, under a new name.
    gossip_node& start(std::size_t index, std::vector<ip_endpoint> seeds,
                       std::vector<ip_endpoint> remembered = {}) {
        if (hosts.size() <= index) hosts.resize(index + 1);
        gossip_node_settings how;
        how.members = members;
        how.members.name = "n" + std::to_string(index) + "-" + std::to_string(_lives++);
        how.members.advertise = endpoint(index);
        how.seeds = std::move(seeds);
        how.remembered = std::move(remembered);
        how.random_seed = network.random()();
        hosts[index] = std::make_unique<gossip_node>(std::move(how), network.now());
        hosts[index]->start(network.now());
        network.add(endpoint(index), *hosts[index]);
        return *hosts[index];
    }
    void cut_power(std::size_t index) {
        network.remove(endpoint(index));
        hosts[index].reset();
    }
    std::size_t present(std::size_t index) const { return hosts[index]->members().present(); }
    /// Every running host takes `count` hosts for present.
    bool all_see(std::size_t count) const {
        for (const auto& each : hosts)
            if (each && each->members().present() != count) return false;
        return true;
    }

    /// Of hosts that start from now on, but for name and address.
    memberlist_settings members;
    simulated_network network;
    std::vector<std::unique_ptr<gossip_node>> hosts;

private:
    unsigned _lives = 0;
};

}  // namespace waggle::gossip::sim
