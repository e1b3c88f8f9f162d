#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "control/gossip/core/gossip_core.hh"
#include "control/gossip/core/random.hh"

namespace waggle::gossip::sim {

/// How the simulated network treats what is sent. Streams see delay and partitions, but no loss.
struct network_conditions {
    /// Probability that a datagram vanishes, comes twice.
    double loss = 0;
    double duplication = 0;
    /// One way, uniform in between; datagrams overtake each other.
    duration latency_min = std::chrono::microseconds(200);
    duration latency_max = std::chrono::milliseconds(2);
};

/// What went over the simulated network, before sealing and compression.
struct network_counters {
    std::uint64_t packets = 0;
    std::uint64_t packet_bytes = 0;
    std::uint64_t streams = 0;
    std::uint64_t stream_bytes = 0;
    std::uint64_t lost = 0;
    std::uint64_t events = 0;
};

/// An in-memory network in virtual time that runs any number of protocol cores. Deterministic: the same seed
/// and calls give the same run. Hosts are known by their endpoint.
class simulated_network {
public:
    explicit simulated_network(std::uint64_t seed, network_conditions how = {});

    /// Connects a core, which must outlive its time here. An endpoint that was removed may come again.
    void add(const ip_endpoint& where, gossip_core& core);
    /// Power cut: nothing reaches the host any more, its timers stand still, its streams break by time-out.
    void remove(const ip_endpoint& where);
    /// A stalled process: packets and streams wait for resume(), and arrive then; timers stand still.
    void stall(const ip_endpoint& where);
    void resume(const ip_endpoint& where);

    /// Hosts of different sides do not reach each other; every host is on side 0 at first.
    void set_side(const ip_endpoint& where, unsigned side);
    /// Ends all partitions.
    void heal();
    /// True: what `from` sends to `to` vanishes (one direction). Empty: nothing does.
    void set_filter(std::function<bool(const ip_endpoint& from, const ip_endpoint& to)> drops);
    void set_conditions(const network_conditions& how) { _how = how; }

    time_point now() const { return _now; }
    /// To be called after touching a core from outside (join, leave, a new table entry): carries out its
    /// effects and sets its timer.
    void touched(const ip_endpoint& where);
    /// Runs everything that happens until now() + by.
    void run(duration by);
    /// Runs until the condition holds, looking every `step`; false if it does not within `limit`.
    bool run_until(const std::function<bool()>& holds, duration limit,
                   duration step = std::chrono::milliseconds(100));

    const network_counters& counters() const { return _counters; }
    /// Sent by one host.
    network_counters sent_by(const ip_endpoint& where) const;
    /// Every line a core tells.
    void on_notice(std::function<void(const ip_endpoint& where, const notice& line)> told) {
        _on_notice = std::move(told);
    }
    random_source& random() { return _random; }

private:
    using host_index = std::uint32_t;
    enum class event_kind : std::uint8_t { wake, packet, stream, answer, sent, failed };
    struct host {
        ip_endpoint where;
        gossip_core* core = nullptr;
        /// Grows with every remove(): events of a former life are void.
        std::uint32_t life = 0;
        unsigned side = 0;
        bool stalled = false;
        time_point wake = never;
        std::vector<std::uint32_t> held_back;
        network_counters sent;
    };
    struct payload {
        event_kind kind = event_kind::packet;
        host_index from = 0;
        std::uint32_t from_life = 0;
        host_index to = 0;
        std::uint32_t to_life = 0;
        stream_id id = 0;
        bool wants_answer = false;
        duration timeout{};
        time_point opened{};
        bytes message;
    };
    struct event {
        time_point when;
        std::uint64_t number;
        /// A slot of _payloads, or for a wake the host's index.
        std::uint32_t subject;
        bool is_wake;
        friend bool operator>(const event& a, const event& b) {
            return a.when != b.when ? a.when > b.when : a.number > b.number;
        }
    };

    std::uint32_t store(payload what);
    void schedule(time_point when, std::uint32_t subject, bool is_wake);
    void dispatch(std::uint32_t slot);
    void deliver(payload what);
    void carry_out(host_index index);
    void set_wake(host_index index);
    bool reaches(const host& from, const host& to) const;
    duration delay();
    void fail(const payload& what);

    network_conditions _how;
    random_source _random;
    time_point _now{};
    std::uint64_t _next_number = 0;
    std::priority_queue<event, std::vector<event>, std::greater<>> _events;
    std::vector<payload> _payloads;
    std::vector<std::uint32_t> _free;
    std::vector<host> _hosts;
    std::unordered_map<ip_endpoint, host_index> _by_endpoint;
    /// Streams that a host has been handed and may answer: by the number it was given.
    std::unordered_map<stream_id, payload> _open;
    stream_id _next_stream = 1;
    std::function<bool(const ip_endpoint&, const ip_endpoint&)> _filter;
    std::function<void(const ip_endpoint&, const notice&)> _on_notice;
    network_counters _counters;
};

}  // namespace waggle::gossip::sim
