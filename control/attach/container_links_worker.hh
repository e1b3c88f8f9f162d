#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/attach/container_links.hh"
#include "control/attach/link_maker.hh"
#include "control/netlink/monitor.hh"

namespace waggle::control {

/// The thread behind container_links. Public functions are called from outside, all others on the thread.
class container_links::worker {
public:
    worker(boost::asio::io_context& results, settings how, status_callback on_status);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    result<void> start();
    void set_desired(std::vector<container_link> wanted);
    void stop(bool remove_links);

private:
    using clock = std::chrono::steady_clock;

    struct entry {
        container_link wanted;
        link_status reported;
        /// Where the link is, as far as known.
        std::optional<link_place> place;
        int tap = 0;
        /// An address or route may be missing: a look at the link alone does not tell.
        bool incomplete = false;
        clock::time_point look_again;
        clock::time_point last_work;
    };

    void replace(std::vector<container_link> wanted);
    std::vector<found_link> leftovers();
    void remove(const std::vector<found_link>& unwanted);
    void work_off();
    void settle(entry& one);
    void set_place(entry& one, const std::optional<link_place>& place);
    void report(entry& one, link_condition condition, const std::string& reason);
    void send(const link_status& status);

    void hear(const nlmsghdr& message, std::optional<std::int32_t> from);
    void hear_link(const nlmsghdr& message, std::optional<std::int32_t> from);
    void hear_tap(const netlink::link& tap, bool there);
    void hear_namespace_gone(std::int32_t id);
    void need_at(const link_place& place);
    void examine_suspects();
    void suspect_all();
    void need(entry& one);
    void watch_names();
    void look_at_names_soon();
    void look_at(entry& one, bool now);
    void tick();
    void tick_after(clock::duration delay);

    boost::asio::io_context& _results;
    const settings _settings;
    std::shared_ptr<const status_callback> _on_status;
    /// Callbacks that are still on their way when we end are dropped.
    std::shared_ptr<std::atomic<bool>> _ended;

    boost::asio::io_context _context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> _guard;
    std::optional<link_maker> _maker;
    std::unique_ptr<netlink::monitor> _monitor;
    boost::asio::steady_timer _timer;
    boost::asio::steady_timer _names_timer;
    boost::asio::posix::stream_descriptor _names;
    bool _watching_names = false;
    bool _names_changed = false;

    bool _first = true;
    bool _working = false;
    std::map<std::string, entry> _entries;
    std::map<link_place, std::string> _at;
    /// Interfaces of Waggle's namespace as last announced: index and MTU.
    std::map<std::string, std::pair<int, std::uint32_t>> _taps;
    /// Endpoints to settle.
    std::set<std::string> _needed;
    /// Links of which something was heard.
    std::set<link_place> _suspects;

    std::thread _thread;
};

}  // namespace waggle::control
