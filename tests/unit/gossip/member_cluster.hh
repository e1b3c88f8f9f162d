#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/gossip/memberlist/memberlist.hh"
#include "tests/sim/simulated_network.hh"

namespace waggle::gossip::sim {

/// A host with a member list and a delegate that only writes down what it hears.
class member_host final : public delegate {
public:
    member_host(const std::string& name, const ip_endpoint& where, std::uint64_t seed)
        : random(seed), list(settings_of(name, where), random, *this) {}

    bytes node_meta() override { return meta; }
    void user_message(const ip_endpoint&, byte_view message, time_point) override {
        user_messages.emplace_back(text_of(message));
    }
    void get_broadcasts(std::size_t, std::size_t, std::vector<bytes>&) override {}
    bytes local_state(bool, time_point) override { return state; }
    void merge_remote_state(byte_view theirs, bool, time_point) override {
        merged.emplace_back(text_of(theirs));
    }
    void node_joined(const member& who, time_point) override { ++joins[who.name]; }
    void node_left(const member& who, time_point now) override {
        ++leaves[who.name];
        left_at[who.name] = now;
    }
    void node_updated(const member& who, time_point) override { ++updates[who.name]; }
    void node_answered(const std::string& name, time_point) override { ++answers[name]; }
    void reliable_sent(stream_id, bool delivered, time_point) override {
        ++(delivered ? delivered_count : undelivered_count);
    }
    void join_finished(const ip_endpoint&, bool joined, time_point) override {
        ++(joined ? joined_count : not_joined_count);
    }

    bytes meta;
    bytes state;
    std::vector<std::string> user_messages;
    std::vector<std::string> merged;
    std::unordered_map<std::string, int> joins;
    std::unordered_map<std::string, int> leaves;
    std::unordered_map<std::string, int> updates;
    std::unordered_map<std::string, int> answers;
    std::unordered_map<std::string, time_point> left_at;
    int delivered_count = 0;
    int undelivered_count = 0;
    int joined_count = 0;
    int not_joined_count = 0;
    random_source random;
    memberlist list;

private:
    static memberlist_settings settings_of(const std::string& name, const ip_endpoint& where) {
        memberlist_settings how;
        how.name = name;
        how.advertise = where;
        return how;
    }
};

/// Hosts with member lists on one simulated network; host 0 is everybody's seed.
class member_cluster {
public:
    explicit member_cluster(std::uint64_t seed, network_conditions how = {}) : network(seed, how) {}

    static ip_endpoint endpoint(std::size_t index) {
        return {ip_address::from_v4(0x0a00'0001U + static_cast<std::uint32_t>(index)), 7946};
    }
    /// Starts a host at the next address, or again at one that is free.
    member_host& start(std::size_t index, const std::string& name) {
        if (hosts.size() <= index) hosts.resize(index + 1);
        hosts[index] = std::make_unique<member_host>(name, endpoint(index), network.random()());
        hosts[index]->list.start(network.now());
        network.add(endpoint(index), hosts[index]->list);
        return *hosts[index];
    }
    void join(std::size_t index, std::size_t seed = 0) {
        hosts[index]->list.join(endpoint(seed), network.now());
        network.touched(endpoint(index));
    }
    /// `count` hosts named n0, n1, ... that all join.
    void grow(std::size_t count) {
        for (std::size_t i = hosts.size(); count != 0; ++i, --count) {
            start(i, "n" + std::to_string(i));
            if (i != 0) join(i);
        }
    }
    void cut_power(std::size_t index) {
        network.remove(endpoint(index));
        hosts[index].reset();
    }
    /// Every running host takes exactly the running ones for alive.
    bool agree() const {
        std::size_t running = 0;
        for (const auto& one : hosts) running += one ? 1U : 0U;
        for (const auto& one : hosts) {
            if (!one) continue;
            if (one->list.present() != running) return false;
            for (const auto& other : hosts) {
                if (!other) continue;
                const member* known = one->list.find(other->list.self().name);
                if (known == nullptr || known->state != member_state::alive) return false;
            }
        }
        return true;
    }

    simulated_network network;
    std::vector<std::unique_ptr<member_host>> hosts;
};

}  // namespace waggle::gossip::sim
