#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"
#include "control/gossip/core/effects.hh"
#include "control/gossip/core/random.hh"
#include "control/gossip/core/time.hh"
#include "control/gossip/memberlist/broadcast_queue.hh"
#include "control/gossip/networkdb/lamport_clock.hh"
#include "control/gossip/networkdb/message_view.hh"
#include "control/gossip/networkdb/messages.hh"
#include "control/gossip/networkdb/own_network.hh"
#include "control/gossip/networkdb/roster.hh"

namespace waggle::networkdb {

using gossip::duration;
using gossip::ip_endpoint;
using gossip::notice;
using gossip::time_point;

/// The defaults are the stock engines'.
struct networkdb_settings {
    /// This host's name among the members, and where it listens.
    std::string name;
    ip_endpoint address;

    duration gossip_interval = std::chrono::milliseconds(200);
    unsigned gossip_nodes = 3;
    /// Packets to each of them in one interval while there is more to say than fits one. Stock sends one;
    /// receivers do not mind, and a burst of changes spreads as many times as fast.
    unsigned packets_per_interval = 8;
    unsigned retransmit_multiplier = 4;
    /// Bytes of one message of table events.
    std::size_t message_limit = 1300;
    duration bulk_sync_interval = std::chrono::seconds(30);
    /// Then another member is asked. Stock waits for 30 s; but a member that has not heard of this host yet
    /// never answers, and a late answer is taken all the same.
    duration bulk_sync_patience = std::chrono::seconds(5);
    /// The same until `announce_time` after the start, when most have not heard of this host.
    duration bulk_sync_patience_at_first = std::chrono::milliseconds(1500);
    /// How long after the start an address's latest name is not taken for its present one at once: the one
    /// that had it before is asked.
    duration order_doubted = std::chrono::seconds(30);
    /// Members to sync with on joining a network. Stock asks every one, which costs each join the network's
    /// entries times its members; the periodic syncs find what these did not have.
    unsigned join_syncs = 3;
    /// Bytes of entries in one bulk sync message; more go into further ones.
    std::size_t bulk_sync_limit = std::size_t{4} << 20;
    duration reap_entry = std::chrono::minutes(30);
    duration reap_network = std::chrono::minutes(30) + std::chrono::seconds(25);
    duration reap_node = std::chrono::hours(24);
    duration reap_step = std::chrono::seconds(5);
    duration reconnect_interval = std::chrono::seconds(1);
    /// How long packets of a network that was just joined carry the news of it.
    duration announce_time = std::chrono::seconds(10);
    /// A table event heard by bulk sync is not passed on while more messages than this are waiting.
    std::size_t longest_queue_on_sync = 500;

    /// What peers can make this host hold.
    std::size_t entries_limit = 4'000'000;
    std::size_t networks_per_node_limit = 4096;
    /// Bytes of messages that came before what they build on, and how long they wait for it.
    std::size_t early_limit = std::size_t{1} << 20;
    duration early_patience = std::chrono::seconds(30);
};

/// An entry came, changed or went, judged by what is stored: `value` is absent if it is gone or hidden.
struct entry_change {
    std::string network;
    std::string table;
    std::string key;
    std::string owner;
    /// Of the entry; of two records for one thing the later counts.
    lamport_time time = 0;
    std::optional<shared_text> value;
    /// It is gone because its owner has begun another life, under another name at the same address.
    bool owner_replaced = false;
};

/// What the state machine wants done, in order within each list.
struct networkdb_effects {
    /// User messages in datagrams.
    std::vector<gossip::packet_to_send> packets;
    /// User messages over streams; delivery_ended() is to be called with each id.
    struct reliable {
        std::uint64_t id = 0;
        ip_endpoint to;
        gossip::bytes message;
    };
    std::vector<reliable> reliables;
    /// Is the node of this name the one that runs at the address? If so, node_answered() is to be called.
    struct ping {
        std::string name;
        ip_endpoint address;
    };
    std::vector<ping> pings;
    /// Members to join with; join_ended() is to be called for each.
    std::vector<ip_endpoint> joins;
    std::vector<entry_change> changes;
    std::vector<notice> notices;

    bool empty() const {
        return packets.empty() && reliables.empty() && pings.empty() && joins.empty() && changes.empty() &&
               notices.empty();
    }
};

/// What was refused or cut short, since the start.
struct networkdb_counters {
    std::uint64_t undecodable = 0;
    std::uint64_t table_events = 0;
    std::uint64_t stale_events = 0;
    /// Table events of owners that are not known to take part in the network.
    std::uint64_t ownerless_events = 0;
    /// Messages that waited for what they build on.
    std::uint64_t early_messages = 0;
    std::uint64_t over_limit = 0;
    std::uint64_t bulk_syncs_sent = 0;
    std::uint64_t bulk_syncs_received = 0;
    std::uint64_t bulk_syncs_timed_out = 0;
};

/// Docker's NetworkDB, as a deterministic state machine: events with their time in, effects out. The rules
/// are those of the engines from 20.10 to 29; where 29 differs without disturbing older peers, its rule is
/// kept and the code says so. A host stores entries only of networks that it takes part in, and no event
/// costs time that grows with all entries.
class network_db {
public:
    network_db(networkdb_settings settings, std::uint64_t seed, time_point now);
    ~network_db();
    network_db(const network_db&) = delete;
    network_db& operator=(const network_db&) = delete;

    // This host's doing.

    /// Takes part in a network; fails if it does already or the name is no name.
    result<void> join_network(const std::string& id, time_point now);
    /// Own entries are withdrawn, those of others dropped.
    result<void> leave_network(const std::string& id, time_point now);
    /// Fails if there is such an entry, also one that is deleted but remembered: keys are never used again.
    result<void> create(const std::string& network, const std::string& table, const std::string& key,
                        std::string_view value, time_point now);
    result<void> update(const std::string& network, const std::string& table, const std::string& key,
                        std::string_view value, time_point now);
    result<void> remove(const std::string& network, const std::string& table, const std::string& key,
                        time_point now);
    /// Tells the others that this host leaves for good; the member list leaves a moment later.
    void announce_leave();

    // What the member list reports.

    void user_message(gossip::byte_view message, time_point now);
    void get_broadcasts(std::size_t overhead, std::size_t limit, std::vector<gossip::bytes>& out);
    gossip::bytes local_state(bool join, time_point now);
    void merge_remote_state(gossip::byte_view state, time_point now);
    void node_joined(const std::string& name, const ip_endpoint& address, time_point now);
    /// `left`: by its own will. Stock engines learn that from its node event only.
    void node_left(const std::string& name, bool left, time_point now);
    /// The node has answered a ping at its address after that was asked for.
    void node_answered(const std::string& name, time_point now);
    void node_moved(const std::string& name, const ip_endpoint& address);
    void delivery_ended(std::uint64_t id, bool delivered, time_point now);
    void join_ended(const ip_endpoint& with, bool joined, time_point now);

    void advance(time_point now);
    time_point next_wake() const;
    networkdb_effects take_effects();

    // Views.

    const networkdb_settings& settings() const { return _settings; }
    const roster& everyone() const { return _roster; }
    const node& self() const { return *_self; }
    lamport_time network_time() const { return _network_clock.now(); }
    lamport_time table_time() const { return _table_clock.now(); }
    std::size_t active_nodes() const { return _active; }
    const networkdb_counters& counters() const { return _counters; }
    /// Messages that wait to ride along with the member list's.
    std::size_t events_waiting() const { return _network_events.size() + _node_events.size(); }
    /// The own networks by id, those that were left lately included.
    const std::map<std::string, network*>& own_networks() const { return _own; }
    /// Whether watchers see the entry.
    static bool visible(const entry& one);

private:
    struct awaited_answer {
        lamport_time request = 0;
        time_point deadline{};
        /// What was asked for; an answer says nothing of other networks.
        std::vector<std::string> networks;
    };
    struct reapable {
        std::string node;
        /// Empty: the node itself.
        std::string network;
    };

    // network_db.cc
    void queue_network_event(const network& of, membership_change change);
    void queue_node_event(membership_change change);
    void queue_table_event(network& in, const entry& one, table_change change, time_point now);
    network* live_network(std::string_view id) const;
    /// `old`: the entry of the same name, null if there is none. It is gone afterwards.
    const entry& store(network& in, const entry_content& content, const entry* old);
    void store_own(network& in, const entry_content& content, table_change change, time_point now);
    void forget(network& in, entry* one);
    void report(const network& in, const entry& one, bool gone, bool replaced = false);

    /// What becomes of an event that was heard.
    enum class verdict : std::uint8_t { stop, pass_on, early };

    // early.cc
    void hold(const std::string& node, std::string_view message, time_point now);
    void handle_early(const std::string& node, time_point now);
    void forget_early(time_point now);

    // handle.cc
    void handle(std::string_view message, bool bulk, unsigned depth, time_point now);
    void handle_part(message_type type, std::string_view data, std::string_view whole, bool bulk,
                     unsigned depth, time_point now);
    void handle(const table_event_view& event, std::string_view whole, bool bulk, time_point now);
    bool accept(const node_event& event, time_point now);
    verdict accept(const network_event& event, time_point now);
    verdict accept(const table_event_view& event, bool bulk, time_point now);
    void leave_attachment(node& who, attachment& of, time_point now);
    void refuse(const error& why);

    // nodes.cc
    /// A node of this host's own address is what this host was before its start.
    void own_former_life(const std::string& name, time_point now);
    void activate(node& who, time_point now);
    void mark_left(node& who, time_point now, bool replaced = false);
    void mark_failed(node& who, time_point now);
    void drop_entries(attachment& in, bool tell, bool replaced = false);
    void deactivate(node& who);
    void restore_replaced(const node& gone, time_point now);
    void restore(node& replaced, time_point now);
    void reconnect(time_point now);

    // bulk_sync.cc
    void handle(const bulk_sync& sync, time_point now);
    void send_bulk_sync(const node& to, const std::vector<std::string>& networks, bool unsolicited,
                        time_point now);
    std::vector<std::string> common_networks(const node& with) const;
    bool start_sync(node& with, time_point now);
    void end_sync(const std::string& with, bool answered, time_point now);
    void want_syncs(network& in, unsigned count, time_point now);
    /// With the networks that got their first other members by the message that was just heard.
    void begin_first_syncs(time_point now);
    void pump_syncs(network& in, time_point now);
    void ask_again(time_point now);
    void sync_periodically(time_point now);
    void sync_with_returned(node& who, time_point now);

    // timers.cc
    void gossip_tables(time_point now);
    void gossip_network(network& about, time_point now);
    std::vector<node*> random_members(const network& of, std::size_t count);
    void reap(time_point now);
    void reap_entries(network& of, time_point now);
    void reap_later(const std::string& node, const std::string& network, time_point when);
    void wake_gossip(time_point now);

    networkdb_settings _settings;
    gossip::random_source _random;
    lamport_clock _network_clock;
    lamport_clock _table_clock;
    roster _roster;
    node* _self = nullptr;
    std::map<std::string, network*> _own;
    std::size_t _active = 1;
    std::vector<node*> _failed;

    gossip::broadcast_queue _network_events;
    gossip::broadcast_queue _node_events;

    std::map<std::string, awaited_answer> _awaited;
    /// The partner of the last push/pull.
    std::string _introduced_to;
    /// The message being handled told of members of a network that had none but this host.
    bool _first_peers_came = false;
    /// Who a reliable message is for, by its id.
    std::map<std::uint64_t, std::string> _deliveries;
    std::uint64_t _next_delivery = 1;
    /// Messages about nodes that are not known yet, or not yet known to take part in the network.
    struct early_messages {
        time_point until{};
        /// Each comes many times. Network events sort before table events, as the type is their first field.
        std::set<std::string, std::less<>> messages;
    };
    std::map<std::string, early_messages> _early;
    std::size_t _early_bytes = 0;
    /// Failed nodes that are being joined, by address.
    std::map<ip_endpoint, std::string> _reconnecting;
    std::multimap<time_point, reapable> _reapables;

    time_point _next_gossip = gossip::never;
    time_point _last_gossip{};
    time_point _next_bulk_sync;
    time_point _next_reconnect = gossip::never;
    time_point _next_reap;

    networkdb_effects _effects;
    networkdb_counters _counters;
};

}  // namespace waggle::networkdb
