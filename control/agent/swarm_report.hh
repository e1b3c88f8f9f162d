#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/host.hh"
#include "control/gossip/node/gossip_node.hh"
#include "control/gossip/transport/transport.hh"

namespace waggle::control {

/// How the gossip is at one moment.
struct swarm_report {
    struct network {
        std::string id;
        std::size_t hosts = 0;
        std::size_t entries = 0;
        /// Heap memory of the entries, bytes.
        std::size_t memory = 0;
        /// Table events that wait to be told.
        std::size_t waiting = 0;
        bool in_sync = false;
    };
    struct member {
        std::string name;
        gossip::ip_endpoint address;
        gossip::member_state state = gossip::member_state::dead;
        std::uint32_t incarnation = 0;
        /// Of the gossip's clock.
        gossip::time_point state_since{};
        /// The epoch if never.
        gossip::time_point last_heard{};
        std::vector<std::string> networks;
    };
    /// When it was made, of the gossip's clock.
    gossip::time_point when{};
    /// This host's name in the gossip.
    std::string name;
    /// Somebody else is there, or nobody needs to be.
    bool connected = false;
    /// There are seeds besides this host, and none of them is there.
    bool seeds_are_down = false;
    /// For the next life of this host.
    std::vector<gossip::ip_endpoint> hosts_to_remember;
    std::size_t present = 0;
    std::uint64_t network_time = 0;
    std::uint64_t table_time = 0;
    std::vector<network> networks;
    /// All others, by name; as of some seconds ago where they are thousands. Never null.
    std::shared_ptr<const std::vector<member>> members = std::make_shared<const std::vector<member>>();
    /// Keys of this host's claims, by endpoint.
    std::map<std::string, std::string> claim_keys;
    /// How long the last change of own entries took until it was told as often as it takes to reach all;
    /// nothing while that is under way, or if there was none.
    std::optional<double> last_change_seconds;
    unsigned awareness = 0;
    unsigned awareness_limit = 0;
    std::size_t member_events_waiting = 0;
    std::size_t network_events_waiting = 0;
    gossip::memberlist_counters membership;
    networkdb::networkdb_counters tables;
};

/// What the member list and NetworkDB know of all other hosts.
std::vector<swarm_report::member> members_of(const gossip::gossip_node& node);

/// Packets and bytes a second over the last moments.
class traffic_rates {
public:
    struct sample {
        std::uint64_t packets_received = 0;
        std::uint64_t packets_sent = 0;
        /// Streams included.
        std::uint64_t bytes_received = 0;
        std::uint64_t bytes_sent = 0;
    };
    static constexpr std::chrono::seconds window{10};

    void add(const sample& now, std::chrono::steady_clock::time_point when);
    void fill(gossip_view& view) const;

private:
    std::deque<std::pair<std::chrono::steady_clock::time_point, sample>> _samples;
};

traffic_rates::sample sample_of(const gossip::transport_counters& counters);

/// Everything that was counted, by name, and which of it are refusals. `records_refused`: by their meaning.
void fill_counters(const swarm_report& report, const gossip::transport_counters& wire,
                   std::uint64_t records_refused, gossip_view& view);

}  // namespace waggle::control
