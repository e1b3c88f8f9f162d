#pragma once

#include <functional>
#include <set>
#include <unordered_map>
#include <vector>

#include "control/gossip/memberlist/memberlist.hh"
#include "control/gossip/networkdb/network_db.hh"
#include "control/gossip/node/remembered_hosts.hh"

namespace waggle::gossip {

/// How a host takes part in the gossip.
struct gossip_node_settings {
    memberlist_settings members;
    /// Name and address are taken from `members`.
    networkdb::networkdb_settings tables;
    /// Hosts to join; the own address among them is passed over.
    std::vector<ip_endpoint> seeds;
    /// Members of an earlier life of this host, the likeliest first: ways back while nobody else is known.
    std::vector<ip_endpoint> remembered;
    std::size_t remembered_limit = 64;
    /// So many of them are tried at a time.
    std::size_t remembered_tries = 8;
    /// Between two tries at first; doubled with each one up to the next two.
    duration first_retry = std::chrono::seconds(1);
    /// While nobody is known, and while some are, but no seed or none whose state was had.
    duration lonely_retry = std::chrono::seconds(2);
    duration seed_retry = std::chrono::seconds(60);
    std::uint64_t random_seed = 0;
};

/// Who is there (memberlist) and what they say (NetworkDB) as one protocol core: what a swarm host speaks on
/// port 7946.
class gossip_node final : public gossip_core, private delegate {
public:
    using change_callback = std::function<void(std::vector<networkdb::entry_change>, time_point now)>;

    gossip_node(gossip_node_settings settings, time_point now);

    /// Called with the changes of entries, from within events. Before start().
    void on_change(change_callback told) { _on_change = std::move(told); }
    /// Becomes a member and joins the seeds.
    void start(time_point now);
    /// Replaces the seeds; joins at once if none of them is a member.
    void set_seeds(std::vector<ip_endpoint> seeds, time_point now);
    /// Tells everybody of the leave: first NetworkDB's, then the member list's. Takes a second or two.
    void leave(time_point now);
    bool leave_finished() const;

    /// The parts. After using either for changes, touched() is due.
    memberlist& members() { return _members; }
    const memberlist& members() const { return _members; }
    networkdb::network_db& tables() { return _tables; }
    const networkdb::network_db& tables() const { return _tables; }
    void touched(time_point now) { pump(now); }
    const std::vector<ip_endpoint>& seeds() const { return _settings.seeds; }
    /// False while this host has seeds or remembers others, and nobody else is known.
    bool connected() const;
    /// There are seeds besides this host, none of them is a member, and none answered when tried last.
    bool seeds_are_down() const;
    /// Other hosts to be given to the next life of this one as `remembered`: those that are present, then
    /// those that fell silent, but none that left.
    const std::vector<ip_endpoint>& remembered() const { return _remembered.list(); }

    void receive_packet(const ip_endpoint& from, byte_view message, time_point now) override;
    void receive_stream(stream_id id, const ip_endpoint& from, byte_view message, time_point now) override;
    void stream_answered(stream_id id, byte_view message, time_point now) override;
    void stream_sent(stream_id id, time_point now) override;
    void stream_failed(stream_id id, const std::string& why, time_point now) override;
    void advance(time_point now) override;
    time_point next_wake() const override;
    effects take_effects() override { return _members.take_effects(); }

private:
    void user_message(const ip_endpoint& from, byte_view message, time_point now) override;
    void get_broadcasts(std::size_t overhead, std::size_t limit, std::vector<bytes>& out) override;
    bytes local_state(bool join, time_point now) override;
    void merge_remote_state(byte_view state, bool join, time_point now) override;
    void node_joined(const member& who, time_point now) override;
    void node_left(const member& who, time_point now) override;
    void node_updated(const member& who, time_point now) override;
    void node_answered(const std::string& name, time_point now) override;
    void reliable_sent(stream_id id, bool delivered, time_point now) override;
    void join_finished(const ip_endpoint& seed, bool joined, time_point now) override;

    /// Hands NetworkDB's effects to the member list until there are none.
    void pump(time_point now);
    void try_seeds(time_point now);
    duration until_next_try(bool alone);
    void try_remembered(time_point now);
    bool is_other(const ip_endpoint& host) const { return host != _settings.members.advertise; }
    bool has_other_seeds() const;
    bool knows_a_seed() const;
    void forget(const member& gone);

    gossip_node_settings _settings;
    random_source _random;
    memberlist _members;
    networkdb::network_db _tables;
    change_callback _on_change;
    /// NetworkDB's numbers of reliable messages by their streams.
    std::unordered_map<stream_id, std::uint64_t> _deliveries;
    time_point _next_seeds = never;
    /// Another host gave its whole state since this one was last alone. Gossip by itself tells of a few
    /// others, and what was on its way to a former life of this host makes it known to nobody.
    bool _has_joined = false;
    unsigned _tries = 0;
    /// Seeds that did not answer when tried last.
    std::set<ip_endpoint> _silent_seeds;
    remembered_hosts _remembered;
    std::size_t _next_remembered = 0;
    bool _told_lonely = false;
    /// When the member list leaves, after NetworkDB's word had its time.
    time_point _leave_at = never;
    time_point _leave_latest = never;
};

}  // namespace waggle::gossip
