#pragma once

#include <cstdint>

#include "control/gossip/memberlist/memberlist.hh"
#include "control/gossip/memberlist/wire/messages.hh"
#include "tests/fuzz/require.hh"

namespace waggle::gossip {

/// On top of a member list that nobody asks.
class deaf final : public delegate {
public:
    void user_message(const ip_endpoint&, byte_view, time_point) override {}
    void get_broadcasts(std::size_t, std::size_t, std::vector<bytes>&) override {}
    bytes local_state(bool, time_point) override { return {}; }
    void merge_remote_state(byte_view, bool, time_point) override {}
    void node_joined(const member&, time_point) override {}
    void node_left(const member&, time_point) override {}
    void node_updated(const member&, time_point) override {}
    void node_answered(const std::string&, time_point) override {}
    void reliable_sent(stream_id, bool, time_point) override {}
    void join_finished(const ip_endpoint&, bool, time_point) override {}
};

/// Who sends what is tried.
inline const ip_endpoint peer{ip_address::from_v4(0xc000'0202), 7946};

/// A member list that knows one member, probes it, has asked for a ping and has a join under way.
class watched_list {
public:
    watched_list() : _random(1), list(settings(), _random, _on_top) {
        list.start(_now);
        list.join(peer, _now);
        list.receive_packet(peer, wire::alive{1, "p", peer, {}, {1, 5, 2, 0, 0, 0}}.encode(), _now);
        require(list.present() == 2);
        step();
        list.ping("p", peer, _now);
    }
    void step() {
        for (int i = 0; i < 4; ++i) {
            _now += std::chrono::seconds(1);
            list.advance(_now);
            effects wanted = list.take_effects();
            for (const packet_to_send& packet : wanted.packets)
                require(packet.message.size() + list.settings().sealing_overhead <=
                        list.settings().packet_limit);
            for (const stream_to_open& opened : wanted.streams) last_stream = opened.id;
        }
        require(list.present() <= list.size());
    }
    time_point now() const { return _now; }

private:
    static memberlist_settings settings() {
        memberlist_settings how;
        how.name = "o";
        how.advertise = {ip_address::from_v4(0xc000'0201), 7946};
        how.members_limit = 32;
        return how;
    }
    time_point _now{std::chrono::hours(1)};
    random_source _random;
    deaf _on_top;

public:
    memberlist list;
    stream_id last_stream = 1;
};

}  // namespace waggle::gossip
