#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control/gossip/memberlist/broadcast_queue.hh"
#include "control/gossip/memberlist/member_table.hh"
#include "control/gossip/memberlist/memberlist.hh"
#include "control/gossip/memberlist/wire/messages.hh"
#include "control/gossip/memberlist/wire/push_pull.hh"

namespace waggle::gossip {

namespace memberlist_parts {

/// Why a stream was opened.
enum class purpose : std::uint8_t { join, push_pull, user, ping };

struct stream {
    purpose what = purpose::push_pull;
    ip_endpoint to;
    std::uint32_t sequence = 0;
};

/// The probe that is under way.
struct running_probe {
    std::string name;
    ip_endpoint address;
    std::uint32_t incarnation = 0;
    std::uint32_t sequence = 0;
    bool speaks_tcp_ping = false;
    /// When to ask others; `never` once that is done.
    time_point indirect_at = never;
    time_point deadline = never;
    unsigned nacks_expected = 0;
    unsigned nacks = 0;
    bool reached_by_tcp = false;
};

/// A ping that the delegate asked for.
struct asked_ping {
    std::string name;
    ip_endpoint address;
    unsigned tries_left = 0;
    time_point deadline{};
};

/// A ping made for another host.
struct relay {
    std::uint32_t sequence = 0;
    ip_endpoint asker;
    bool wants_nack = false;
    time_point deadline{};
};

}  // namespace memberlist_parts

/// The inside of a member list, in parts: rules.cc judges what is heard of members, probe.cc watches them,
/// spread.cc sends datagrams and broadcasts, exchange.cc does push/pull and the other streams.
class memberlist::state {
public:
    using purpose = memberlist_parts::purpose;
    using stream = memberlist_parts::stream;
    using running_probe = memberlist_parts::running_probe;
    using relay = memberlist_parts::relay;
    using asked_ping = memberlist_parts::asked_ping;

    state(memberlist_settings how, random_source& random, delegate& on_top);

    // memberlist.cc
    void start(time_point now);
    void leave(time_point now);
    bool leave_finished() const;
    void update_meta(time_point now);
    void advance(time_point now);
    time_point next_wake() const;

    // spread.cc
    void receive_packet(const ip_endpoint& from, byte_view message, time_point now);
    /// One message, no compound; `from` is where an answer goes if the message does not tell.
    void handle(const ip_endpoint& from, byte_view message, time_point now);
    /// With broadcasts riding along where there is room.
    void send(const ip_endpoint& to, bytes message);
    void send_alone(const ip_endpoint& to, bytes message);
    void broadcast(const std::string& about, bytes message);
    void gossip(time_point now);
    std::vector<bytes> take_broadcasts(std::size_t limit);
    unsigned transmit_limit() const;

    // rules.cc
    void hear_alive(const wire::alive& news, time_point now);
    void hear_suspect(const wire::accusation& news, time_point now);
    void hear_dead(const wire::accusation& news, time_point now);
    void refute(std::uint32_t accused, time_point now);
    void end_suspicion(listed_member& who);
    void expire_suspicions(time_point now);
    void broadcast_self();
    void heard_from(const std::string& name, time_point now);
    void log(notice::importance level, std::string text);

    // probe.cc
    void probe_next(time_point now);
    void probe_indirectly(time_point now);
    void end_probe(bool answered, time_point now);
    void hear_ack(std::uint32_t sequence, time_point now);
    void hear_nack(std::uint32_t sequence);
    void relay_ping(const ip_endpoint& from, const wire::indirect_ping& asked, time_point now);
    void expire_relays(time_point now);
    void ping(const std::string& name, const ip_endpoint& address, unsigned tries, time_point now);
    void expire_asked_pings(time_point now);

    // exchange.cc
    stream_id open(const stream& what, bytes message, duration timeout);
    void push_pull_with(const ip_endpoint& to, bool join, time_point now);
    void push_pull_next(time_point now);
    bytes local_push_pull(bool join, time_point now);
    void merge(const wire::push_pull& theirs, time_point now);
    void receive_stream(stream_id id, const ip_endpoint& from, byte_view message, time_point now);
    void stream_answered(stream_id id, byte_view message, time_point now);
    void stream_ended(stream_id id, bool well, const std::string& why, time_point now);
    std::optional<stream> take_stream(stream_id id);

    member& self() { return _self->who; }
    const member& self() const { return _self->who; }

    memberlist_settings _settings;
    random_source& _random;
    delegate& _delegate;
    effects _effects;
    memberlist_counters _counters;

    member_table _members;
    /// Alive and suspect members.
    std::size_t _present = 0;
    listed_member* _self = nullptr;
    bool _leaving = false;
    std::uint32_t _incarnation = 0;
    unsigned _awareness = 0;
    std::uint64_t _next_suspicion = 0;
    std::map<std::pair<time_point, std::uint64_t>, listed_member*> _suspicions;
    broadcast_queue _broadcasts;

    time_point _next_probe = never;
    time_point _next_gossip = never;
    time_point _next_push_pull = never;
    std::size_t _probe_position = 0;
    std::optional<running_probe> _probe;
    std::uint32_t _next_sequence = 1;
    /// Pings made for others by our sequence number; all wait equally long, so the oldest ends first.
    std::unordered_map<std::uint32_t, relay> _relays;
    std::deque<std::uint32_t> _relay_order;
    /// By sequence number, and so by deadline: all wait equally long.
    std::map<std::uint32_t, asked_ping> _asked_pings;
    stream_id _next_stream = 1;
    std::unordered_map<stream_id, stream> _streams;
    /// Lines that a peer can cause at will are held back until then.
    time_point _complain_from{};
};

}  // namespace waggle::gossip
