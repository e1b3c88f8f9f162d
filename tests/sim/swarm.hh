#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/gossip/node/gossip_node.hh"
#include "tests/sim/simulated_network.hh"

namespace waggle::gossip::sim {

/// What a simulated swarm consists of. Every host takes part in two networks: one of all hosts, which has no
/// endpoints but those that measurements make, and one of few hosts, which has its share of the endpoints.
struct swarm_shape {
    std::size_t hosts = 10;
    std::size_t hosts_per_network = 10;
    /// In the whole swarm.
    std::size_t endpoints = 100;
    network_conditions conditions;
    std::uint64_t seed = 1;
    /// Between the starts of two hosts.
    duration start_gap = std::chrono::milliseconds(50);
};

/// How changes reached the hosts that take part in their network.
struct spread_report {
    struct moments {
        duration median{};
        duration longest{};
    };
    /// Until half, 99 % and all of the interested hosts held the change; over all changes.
    moments half;
    moments most;
    moments all;
    /// Changes that did not get everywhere in time.
    std::size_t unfinished = 0;
};

/// From the moment in which restarted hosts are started; nothing if it was not in time.
struct restart_report {
    /// Until they hold the endpoints that they should.
    std::optional<duration> restarted;
    /// Until complete(): all hosts do, and have given the former lives up.
    std::optional<duration> all;
};

/// What a host sends on average.
struct traffic_report {
    double packets_per_second = 0;
    double bytes_per_second = 0;
};

/// Hosts as the process runs them (gossip_node: member list and NetworkDB) on one simulated network.
class swarm {
public:
    explicit swarm(const swarm_shape& shape);

    /// Starts all hosts, each with its endpoints. Returns how long it took from the last start
    /// until complete(); nothing if it was not by `limit`.
    std::optional<duration> form(duration limit);
    /// Every host takes all others for alive and has the endpoints of its networks, and no others.
    bool complete() const;
    /// Makes changes on random hosts, one every quarter of a second, and follows them for at most `limit`.
    /// `everywhere`: in the network of all hosts, else in one of few.
    spread_report spread(std::size_t changes, bool everywhere, duration limit);
    /// Cuts the power of random hosts, starts them again `away` later under new names, and waits until
    /// complete() or for `limit`.
    restart_report restart(std::size_t count, duration away, duration limit);
    /// Parts the swarm into two halves that do not reach each other, makes changes on both sides, and heals
    /// it after `lasting`. Returns how long it took from then on until complete(); nothing if it was not by
    /// `limit`.
    std::optional<duration> split(std::size_t changes, duration lasting, duration limit);
    traffic_report idle(duration time);

    simulated_network& network() { return _network; }
    /// Heap memory of all hosts' entries, bytes, and their number.
    std::size_t entry_memory() const;
    std::size_t entries() const;

private:
    struct running_host {
        std::unique_ptr<gossip_node> node;
        unsigned lives = 0;
    };
    struct change {
        time_point made;
        std::size_t maker = 0;
        std::size_t interested = 0;
        std::vector<time_point> arrivals;
    };

    static ip_endpoint address_of(std::size_t host);
    std::string small_network_of(std::size_t host) const;
    std::size_t hosts_in_network_of(std::size_t host) const;
    std::size_t endpoints_of(std::size_t host) const;
    void start(std::size_t which);
    void publish(std::size_t which, const std::string& network, const std::string& key);
    void heard(const std::vector<networkdb::entry_change>& changes, time_point now);
    std::size_t entries_wanted(std::size_t host) const;
    bool holds_what_it_should(std::size_t which) const;

    swarm_shape _shape;
    simulated_network _network;
    std::vector<running_host> _hosts;
    std::unordered_map<std::string, std::size_t> _watched;
    std::vector<change> _changes;
    std::size_t _extra_everywhere = 0;
    std::vector<std::size_t> _extra;
    std::uint32_t _next_endpoint = 1;
};

}  // namespace waggle::gossip::sim
