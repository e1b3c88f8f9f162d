#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/netlink/monitor.hh"
#include "control/netlink/socket.hh"
#include "control/underlay/next_hop.hh"
#include "control/underlay/next_hop_resolver.hh"

namespace waggle::control {

/// The thread behind next_hop_resolver. Public functions are called from outside, all others on the thread.
class next_hop_resolver::worker {
public:
    worker(boost::asio::io_context& results, underlay_settings how, change_callback on_change);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    result<void> start();
    void set_vteps(std::vector<ip_address> vteps);
    void set_settings(underlay_settings how);
    void stop();

private:
    using clock = std::chrono::steady_clock;

    struct vtep {
        route_lookup route;
        resolution resolved;
        /// Something was told of it already.
        bool reported = false;
    };

    result<void> read_everything();
    void hear(const nlmsghdr& message);
    void drained();
    void look_up_all();
    void look_up(const std::vector<ip_address>& which);
    void forget(const ip_address& address, vtep& one);
    void evaluate(const ip_address& address, vtep& one);
    void evaluate_behind(const netlink::neighbour_id& id);
    void ask_neighbours();
    void flush();
    void tick();
    void tick_after(clock::duration delay);

    boost::asio::io_context& _results;
    underlay_settings _settings;
    std::shared_ptr<const change_callback> _on_change;
    /// Callbacks that are still on their way when we end are dropped.
    std::shared_ptr<std::atomic<bool>> _ended;

    boost::asio::io_context _context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> _guard;
    boost::asio::steady_timer _timer;
    boost::asio::steady_timer _lookup_timer;
    std::unique_ptr<netlink::monitor> _monitor;
    std::optional<netlink::socket> _socket;

    host_tables _host;
    neighbour_table _neighbours;
    std::unordered_map<ip_address, vtep> _vteps;
    std::unordered_map<netlink::neighbour_id, std::unordered_set<ip_address>, netlink::neighbour_id_hash>
        _behind;

    /// Routes may have changed since the last lookups.
    bool _routes_changed = false;
    bool _tables_lost = false;
    bool _neighbours_due = false;
    bool _lookup_waits = false;
    clock::time_point _next_lookup;
    /// VTEPs whose path MTU is looked at again, in turn.
    std::vector<ip_address> _round;
    std::vector<hop_status> _changes;

    std::thread _thread;
};

}  // namespace waggle::control
