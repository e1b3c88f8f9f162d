#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.hh"
#include "control/agent/swarm_report.hh"
#include "control/gossip/node/gossip_node.hh"
#include "control/gossip/swarm/publisher.hh"
#include "control/gossip/transport/transport.hh"

namespace waggle::control {

/// The gossip's thread: socket, protocol core and publisher. What it tells, it tells on that thread.
class swarm_thread {
public:
    struct callbacks {
        std::function<void(std::vector<networkdb::entry_change>)> changes;
        std::function<void(swarm_report)> status;
    };

    static result<std::unique_ptr<swarm_thread>> start(const gossip::gossip_node_settings& settings,
                                                       gossip::keyring keys, callbacks told);
    ~swarm_thread();
    swarm_thread(const swarm_thread&) = delete;
    swarm_thread& operator=(const swarm_thread&) = delete;

    const gossip::ip_endpoint& address() const { return _address; }
    /// What went over the wire; from any thread.
    const gossip::transport_counters& counters() const { return _transport->counters(); }
    void publish(gossip::publication wanted);
    /// Replaces the keys of everything that comes and goes from then on.
    void set_keys(gossip::keyring keys) { _transport->set_keys(std::move(keys)); }
    /// Replaces the seeds; joins them at once if none is a member.
    void set_seeds(std::vector<gossip::ip_endpoint> seeds);
    /// Asks for a report.
    void report();
    void leave();
    /// All were told of the leave.
    bool left() const { return _left; }
    void stop() { _transport->stop(); }

private:
    swarm_thread(const gossip::gossip_node_settings& settings, callbacks told);
    swarm_report make_report(gossip::time_point now);
    bool own_events_wait() const;

    gossip::ip_endpoint _address;
    callbacks _told;
    gossip::random_source _random;
    gossip::gossip_node _node;
    gossip::publisher _publisher;
    /// When the last change of own entries was made, and when it was told; of the gossip's clock.
    std::optional<gossip::time_point> _changed_at;
    std::optional<double> _last_change_seconds;
    std::shared_ptr<const std::vector<swarm_report::member>> _members;
    gossip::time_point _next_members{};
    std::atomic<bool> _left{false};
    std::unique_ptr<gossip::transport> _transport;
};

}  // namespace waggle::control
