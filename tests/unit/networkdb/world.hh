#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "control/gossip/networkdb/network_db.hh"

namespace waggle::networkdb {

/// Nodes of NetworkDB on a network with loss, delay, duplication and partitions, in virtual time. The member
/// list is a plain model: who can't be reached for `suspicion` is reported as gone, whoever is joined with
/// is reported as present to all that reach it.
class world {
public:
    static constexpr duration suspicion = std::chrono::seconds(5);

    explicit world(std::uint64_t seed) : _random(seed) {}

    struct host {
        std::unique_ptr<network_db> db;
        ip_endpoint address;
        unsigned side = 0;
        bool alive = true;
        /// Whom its member list calls present.
        std::set<std::size_t> present;
        /// What its watcher was told: (network, table, key) to (owner, value).
        std::map<std::string, std::string> watched;
    };

    /// Starts a host that joins through the first living one of its side. Returns its number.
    std::size_t add();
    /// A host under a new name at the address of a dead one.
    std::size_t restart(std::size_t dead);
    /// Power cut.
    void kill(std::size_t which) { _hosts[which].alive = false; }
    /// Leaves as it should, and ends two seconds later.
    void leave(std::size_t which);
    void put_on_side(std::size_t which, unsigned side) { _hosts[which].side = side; }
    void heal() {
        for (host& each : _hosts) each.side = 0;
    }
    network_db& db(std::size_t which) { return *_hosts[which].db; }
    const std::vector<host>& hosts() const { return _hosts; }
    time_point now() const { return _now; }
    gossip::random_source& random() { return _random; }
    void run(duration time);
    double loss = 0;

    /// All visible entries of a network as one host has them.
    std::map<std::string, std::string> table(std::size_t which, const std::string& network) const;

private:
    struct event {
        time_point when;
        std::uint64_t number;
        std::function<void()> what;
        friend bool operator<(const event& a, const event& b) {
            return a.when != b.when ? a.when > b.when : a.number > b.number;
        }
    };
    void later(duration delay, std::function<void()> what) {
        _events.push({_now + delay, _next_event++, std::move(what)});
    }
    duration delay() { return duration(500 + static_cast<duration::rep>(_random.below(20'000))); }
    bool reach(std::size_t a, std::size_t b) const {
        return _hosts[a].alive && _hosts[b].alive && _hosts[a].side == _hosts[b].side;
    }
    std::size_t at(const ip_endpoint& address) const;
    std::size_t start(const ip_endpoint& address);
    void drain(std::size_t which);
    void join(std::size_t which, const ip_endpoint& with);
    void meet(std::size_t a, std::size_t b);
    void probe(std::size_t which);
    void gossip(std::size_t which);
    void wake(std::size_t which);
    void datagram(std::size_t from, std::size_t to, gossip::bytes message);

    gossip::random_source _random;
    time_point _now{};
    std::uint64_t _next_event = 0;
    std::priority_queue<event> _events;
    std::vector<host> _hosts;
    /// Since when a pair does not reach each other.
    std::map<std::pair<std::size_t, std::size_t>, time_point> _silent;
};

}  // namespace waggle::networkdb
