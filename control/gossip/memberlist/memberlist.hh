#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "control/gossip/core/gossip_core.hh"
#include "control/gossip/core/random.hh"
#include "control/gossip/memberlist/delegate.hh"
#include "control/gossip/memberlist/member.hh"
#include "control/gossip/memberlist/settings.hh"

namespace waggle::gossip {

/// What a member list has done since its start.
struct memberlist_counters {
    std::uint64_t packets_received = 0;
    std::uint64_t packets_sent = 0;
    std::uint64_t packet_bytes_received = 0;
    std::uint64_t packet_bytes_sent = 0;
    std::uint64_t streams_received = 0;
    std::uint64_t streams_opened = 0;
    std::uint64_t stream_bytes_received = 0;
    std::uint64_t stream_bytes_sent = 0;
    /// Could not be decoded, or went beyond a limit.
    std::uint64_t malformed = 0;
    std::uint64_t probes = 0;
    std::uint64_t probes_failed = 0;
    std::uint64_t suspicions = 0;
    std::uint64_t deaths = 0;
    std::uint64_t refutations = 0;
    std::uint64_t name_conflicts = 0;
    std::uint64_t push_pulls = 0;
    std::uint64_t push_pulls_failed = 0;
};

/// HashiCorp memberlist as Docker's engines run it: who takes part in the gossip, who is alive, and the
/// spreading of small messages. Source of the rules: memberlist 0.4.0 to 0.6.0.
class memberlist final : public gossip_core {
public:
    /// `random` and `on_top` outlive the member list.
    memberlist(memberlist_settings settings, random_source& random, delegate& on_top);
    ~memberlist() override;

    /// Makes the own host a member and starts probing, gossip and push/pull.
    void start(time_point now);
    /// A push/pull with a host that is not (yet) a member; the delegate hears how it ended.
    void join(const ip_endpoint& seed, time_point now);
    /// Tells everybody that this host leaves; the word needs about a second of further advance() to spread.
    void leave(time_point now);
    /// The word of leaving was sent as often as it needs to be (or there is nobody to tell).
    bool leave_finished() const;
    /// Publishes the delegate's node_meta() anew.
    void update_meta(time_point now);

    void receive_packet(const ip_endpoint& from, byte_view message, time_point now) override;
    void receive_stream(stream_id id, const ip_endpoint& from, byte_view message, time_point now) override;
    void stream_answered(stream_id id, byte_view message, time_point now) override;
    void stream_sent(stream_id id, time_point now) override;
    void stream_failed(stream_id id, const std::string& why, time_point now) override;
    void advance(time_point now) override;
    time_point next_wake() const override;
    effects take_effects() override;

    /// A user message in a datagram of its own, lost when the network loses it. At most user_packet_limit().
    void send_best_effort(const ip_endpoint& to, byte_view message);
    /// A user message on a stream; its end comes as delegate::reliable_sent.
    stream_id send_reliable(const ip_endpoint& to, byte_view message);
    /// Asks whether the host of this name is the one that runs at the address now, up to three times. Hosts
    /// answer to no other name; delegate::node_answered hears of it.
    void ping(const std::string& name, const ip_endpoint& address, time_point now);
    /// Adds a line to the effects.
    void tell(notice line);
    /// The largest message of send_best_effort.
    std::size_t user_packet_limit() const;

    const member& self() const;
    /// Null if unknown. Pointers are valid until the next event.
    const member* find(std::string_view name) const;
    /// All that are listed, dead and left ones included until they are purged, and the own host.
    std::size_t size() const;
    /// Alive and suspect ones, the own host included.
    std::size_t present() const;
    void for_each(const std::function<void(const member&)>& visit) const;

    /// 0 is healthy; up to awareness_limit - 1 when the own probes and refutations fail.
    unsigned awareness() const;
    /// Broadcasts of membership that wait to be sent.
    std::size_t broadcasts_waiting() const;
    const memberlist_counters& counters() const;
    const memberlist_settings& settings() const;
    /// How often a broadcast among all members is sent.
    unsigned transmit_limit() const;

private:
    class state;
    std::unique_ptr<state> _state;
};

}  // namespace waggle::gossip
