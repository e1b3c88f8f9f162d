#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/result.hh"
#include "config/config.hh"
#include "control/agent/host_memory.hh"
#include "control/agent/swarm_thread.hh"
#include "control/overlay/address_chooser.hh"
#include "control/overlay/swarm_config.hh"
#include "control/overlay/swarm_tables.hh"

namespace waggle::control {

/// The seeds of a gossip section.
std::vector<gossip::ip_endpoint> seeds_of(const config::gossip& section);

/// This host's part in a standalone swarm: the gossip on its own thread, and on the agent's thread what
/// comes of it. Every function is for the agent's thread.
class swarm_host {
public:
    struct callbacks {
        /// add_to() would give something else.
        std::function<void()> changed;
        /// It would, but for places of endpoints (take_touched() tells which) and their names only.
        std::function<void()> places_changed;
    };

    /// `keys`: of the file that the configuration's gossip section names.
    static result<std::unique_ptr<swarm_host>> make(boost::asio::io_context& context,
                                                    const config::config& file, gossip::keyring keys,
                                                    callbacks told);
    ~swarm_host();
    swarm_host(const swarm_host&) = delete;
    swarm_host& operator=(const swarm_host&) = delete;

    /// Replaces the keys while everything runs. A new key has to be among those of all hosts before any of
    /// them seals with it.
    void set_keys(gossip::keyring keys);
    /// Replaces the hosts through which this one joins.
    void set_seeds(std::vector<gossip::ip_endpoint> seeds);
    /// Publishes this host's endpoints of the configuration, and joins and leaves networks accordingly.
    /// To be called whenever it or an announcement changed. `announcements`: by VNI, opaque.
    void follow(const config::config& file, const std::map<vni, std::string>& announcements);
    /// The configuration with all that the swarm says.
    swarm_config add_to(const config::config& file) const;
    /// Key announcements of other hosts on the overlays of the configuration.
    std::vector<std::pair<vni, std::string>> announcements(const config::config& file) const;

    /// All networks of this host are synced with somebody, or there is nobody.
    bool settled() const;
    /// Why an endpoint has no address yet; empty if it has one.
    std::string waiting(const std::string& endpoint) const;
    /// As of about a second ago.
    const swarm_report& report() const { return _report; }
    const swarm_tables& tables() const { return _tables; }
    /// Places that changed since the last call.
    touched_places take_touched() { return _tables.take_touched(); }
    gossip_view gossip() const;
    /// The members, one an address, by the VTEP that each of them tells; by its address in the gossip where
    /// it tells none.
    std::map<ip_address, member_view> members_by_vtep() const;
    std::uint64_t records_refused() const { return _tables.refused(); }
    /// What the operator should know, one sentence each.
    std::vector<std::string> problems() const;

    /// For a host that leaves this gossip for another one, or none: the other hosts are not tried again.
    void forget_hosts() { _memory.forget(); }
    /// Ends the thread. `leave`: all others are told that this host is gone; calls `done` after at most a few
    /// seconds.
    void stop(bool leave, std::function<void()> done);

private:
    swarm_host(boost::asio::io_context& context, callbacks told, std::string name,
               const config::config& file);
    bool is_seed() const;
    void tell(table_news news);
    bool has_other_seeds() const;
    std::string seeds_text() const;
    void add_seed_problem(std::vector<std::string>& problems) const;
    void on_changes(const std::vector<networkdb::entry_change>& changes);
    void on_report(swarm_report report);
    void tick();
    void step_addresses();
    void publish();
    void remember_addresses() const;
    void wait_for_leave(std::chrono::steady_clock::time_point until, std::function<void()> done);

    boost::asio::io_context& _context;
    callbacks _told;
    swarm_tables _tables;
    address_rivals _rivals;
    address_chooser _addresses;
    host_memory _memory;
    std::vector<gossip::ip_endpoint> _seeds;
    /// Of the keys, the one that seals first.
    std::vector<std::string> _fingerprints;
    swarm_report _report;
    traffic_rates _rates;
    config::config _file;
    std::map<vni, std::string> _announcements;
    gossip::publication _published;
    std::chrono::steady_clock::time_point _started;
    std::unique_ptr<swarm_thread> _thread;
    boost::asio::steady_timer _tick;
    boost::asio::steady_timer _leave_timer;
    bool _stopping = false;
    /// What the gossip's thread posts here is void once this is gone.
    std::shared_ptr<int> _alive = std::make_shared<int>(0);
};

}  // namespace waggle::control
