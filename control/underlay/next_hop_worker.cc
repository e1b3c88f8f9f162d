#include "control/underlay/next_hop_worker.hh"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "control/netlink/address.hh"

namespace waggle::control {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto tick_interval = seconds(1);
/// A learned path MTU is not announced: each VTEP is looked up again once in so many ticks.
constexpr std::size_t ticks_per_round = 10;
/// Between two lookups of everything, so that a routing daemon at work does not keep us busy: this, or a few
/// times what the last one took.
constexpr auto least_gap = milliseconds(20);
constexpr int gap_factor = 4;

/// True for the errors that are the routing table's answer; after any other (no memory, an answer lost) the
/// last answer is better than none.
bool tells_no_route(int code) {
    return code == ENETUNREACH || code == EHOSTUNREACH || code == EACCES || code == EINVAL;
}

}  // namespace

next_hop_resolver::worker::worker(boost::asio::io_context& results, underlay_settings how,
                                  change_callback on_change)
    : _results(results),
      _settings(std::move(how)),
      _on_change(std::make_shared<const change_callback>(std::move(on_change))),
      _ended(std::make_shared<std::atomic<bool>>(false)),
      _guard(boost::asio::make_work_guard(_context)),
      _timer(_context),
      _lookup_timer(_context) {
}

next_hop_resolver::worker::~worker() {
    stop();
}

result<void> next_hop_resolver::worker::start() {
    auto where = _settings.network_namespace.empty()
                     ? netlink::network_namespace::current()
                     : netlink::network_namespace::open_path(_settings.network_namespace);
    if (!where) return std::move(where).context("next hops").failure();
    auto socket = netlink::socket::open_in(*where);
    if (!socket) return std::move(socket).context("next hops").failure();
    _socket.emplace(std::move(*socket));
    const netlink::monitor::subscription groups{
        {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
         RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP},
        false};
    auto opened = netlink::monitor::open(_context, groups, &*where);
    if (!opened) return std::move(opened).context("next hops").failure();
    _monitor = std::move(*opened);
    // Subscribed first and read second: nothing falls in between.
    if (auto read = read_everything(); !read) return std::move(read).context("next hops");
    _monitor->start({
        [this](const nlmsghdr& message, std::optional<std::int32_t>) { hear(message); },
        [this] { _tables_lost = true; },
        [this] { drained(); },
    });
    tick_after(tick_interval);
    _thread = std::thread([this] { _context.run(); });
    return {};
}

void next_hop_resolver::worker::stop() {
    if (!_thread.joinable()) return;
    _context.stop();
    _thread.join();
    *_ended = true;
}

void next_hop_resolver::worker::set_vteps(std::vector<ip_address> vteps) {
    boost::asio::post(_context, [this, list = std::move(vteps)] {
        const std::unordered_set<ip_address> wanted(list.begin(), list.end());
        for (auto next = _vteps.begin(); next != _vteps.end();) {
            if (wanted.contains(next->first)) {
                ++next;
            } else {
                forget(next->first, next->second);
                next = _vteps.erase(next);
            }
        }
        std::vector<ip_address> fresh;
        for (const ip_address& one : wanted)
            if (_vteps.try_emplace(one).second) fresh.push_back(one);
        look_up(fresh);
        ask_neighbours();
        flush();
    });
}

void next_hop_resolver::worker::set_settings(underlay_settings how) {
    boost::asio::post(_context, [this, next = std::move(how)]() mutable {
        // The sockets stay where they are.
        next.network_namespace = _settings.network_namespace;
        _settings = std::move(next);
        look_up_all();
        flush();
    });
}

result<void> next_hop_resolver::worker::read_everything() {
    auto links = netlink::list_links(*_socket);
    if (!links) return links.failure();
    auto addresses = netlink::list_addresses(*_socket);
    if (!addresses) return addresses.failure();
    auto neighbours = netlink::list_neighbours(*_socket);
    if (!neighbours) return neighbours.failure();
    _host = {};
    for (netlink::link& one : *links) _host.links.emplace(one.index, std::move(one));
    for (const auto& one : *addresses) _host.addresses[one.address.address].insert(one.link);
    _neighbours.replace(*neighbours, clock::now());
    return {};
}

void next_hop_resolver::worker::hear(const nlmsghdr& message) {
    switch (message.nlmsg_type) {
        case RTM_NEWNEIGH:
        case RTM_DELNEIGH: {
            const auto heard = netlink::parse_neighbour(message);
            if (!heard) break;
            const bool gone = message.nlmsg_type == RTM_DELNEIGH;
            const bool changed = _neighbours.apply(*heard, gone, clock::now());
            if (!_behind.contains(heard->id)) break;
            _neighbours_due = true;
            if (changed) evaluate_behind(heard->id);
            break;
        }
        case RTM_NEWLINK:
            if (auto link = netlink::parse_link(message)) {
                const int index = link->index;
                netlink::link& known = _host.links[index];
                if (known == *link) break;
                known = std::move(*link);
                _routes_changed = true;
            }
            break;
        case RTM_DELLINK:
            if (const auto link = netlink::parse_link(message)) _host.links.erase(link->index);
            _routes_changed = true;
            break;
        case RTM_NEWADDR:
            if (const auto heard = netlink::parse_address(message))
                _host.addresses[heard->address.address].insert(heard->link);
            _routes_changed = true;
            break;
        case RTM_DELADDR:
            if (const auto heard = netlink::parse_address(message)) {
                const auto known = _host.addresses.find(heard->address.address);
                if (known == _host.addresses.end()) break;
                known->second.erase(heard->link);
                if (known->second.empty()) _host.addresses.erase(known);
            }
            _routes_changed = true;
            break;
        default:
            _routes_changed = true;
    }
}

void next_hop_resolver::worker::drained() {
    if (std::exchange(_tables_lost, false)) {
        _routes_changed = true;
        _neighbours_due = true;
        if (auto read = read_everything(); !read) {
            spdlog::warn("can't read the kernel's tables, trying again: {}", read.failure().message);
            _tables_lost = true;
        }
    }
    if (_routes_changed) look_up_all();
    if (_neighbours_due) ask_neighbours();
    flush();
}

void next_hop_resolver::worker::look_up_all() {
    const clock::time_point start = clock::now();
    if (start < _next_lookup) {
        if (std::exchange(_lookup_waits, true)) return;
        _lookup_timer.expires_at(_next_lookup);
        _lookup_timer.async_wait([this](const boost::system::error_code& failure) {
            if (failure) return;
            _lookup_waits = false;
            look_up_all();
            flush();
        });
        return;
    }
    _routes_changed = false;
    std::vector<ip_address> all;
    all.reserve(_vteps.size());
    for (const auto& [address, one] : _vteps) all.push_back(address);
    look_up(all);
    ask_neighbours();
    const clock::time_point end = clock::now();
    _next_lookup = end + std::max<clock::duration>(least_gap, gap_factor * (end - start));
}

void next_hop_resolver::worker::look_up(const std::vector<ip_address>& which) {
    std::vector<netlink::request> requests;
    std::vector<vtep*> asked;
    for (const ip_address& address : which) {
        const auto found = _vteps.find(address);
        if (found == _vteps.end()) continue;
        const tunnel_source source = source_for(address, _settings, _host);
        if (!source.address) continue;
        requests.push_back(netlink::look_up_route({address, source.address, _settings.udp_port}));
        asked.push_back(&found->second);
    }
    std::vector<std::optional<netlink::route_answer>> answers(requests.size());
    const std::vector<netlink::reply> replies =
        _socket->batch(requests, [&](std::size_t index, const nlmsghdr& answer) {
            answers[index] = netlink::parse_route_answer(answer);
        });
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (replies[i] ? answers[i].has_value() : tells_no_route(replies[i].code))
            asked[i]->route = {answers[i], replies[i].code};
        else if (!asked[i]->route.answer)
            asked[i]->route.code = replies[i].code;
    }
    for (const ip_address& address : which)
        if (const auto found = _vteps.find(address); found != _vteps.end()) evaluate(address, found->second);
}

void next_hop_resolver::worker::forget(const ip_address& address, vtep& one) {
    if (!one.resolved.via) return;
    const netlink::neighbour_id via = *one.resolved.via;
    one.resolved.via.reset();
    _neighbours.unfollow(via);
    const auto behind = _behind.find(via);
    if (behind == _behind.end()) return;
    behind->second.erase(address);
    if (behind->second.empty()) _behind.erase(behind);
}

void next_hop_resolver::worker::evaluate(const ip_address& address, vtep& one) {
    resolution now = resolve(address, _settings, _host, one.route, _neighbours);
    if (now.via != one.resolved.via) {
        forget(address, one);
        if (now.via) {
            _neighbours.follow(*now.via, clock::now());
            _behind[*now.via].insert(address);
            _neighbours_due = true;
        }
    }
    const bool changed = !one.reported || now.hop != one.resolved.hop || now.reason != one.resolved.reason;
    one.resolved = std::move(now);
    if (!changed) return;
    one.reported = true;
    _changes.push_back({address, one.resolved.hop, one.resolved.reason});
}

void next_hop_resolver::worker::evaluate_behind(const netlink::neighbour_id& id) {
    const auto behind = _behind.find(id);
    if (behind == _behind.end()) return;
    // A copy: a VTEP may turn out to lie behind another neighbour by now.
    const std::vector<ip_address> all(behind->second.begin(), behind->second.end());
    for (const ip_address& address : all)
        if (const auto one = _vteps.find(address); one != _vteps.end()) evaluate(address, one->second);
}

void next_hop_resolver::worker::ask_neighbours() {
    _neighbours_due = false;
    const std::vector<netlink::neighbour_id> due = _neighbours.take_due(clock::now());
    if (due.empty()) return;
    std::vector<netlink::request> requests;
    requests.reserve(due.size());
    for (const netlink::neighbour_id& id : due) requests.push_back(netlink::probe_neighbour(id));
    const std::vector<netlink::reply> replies = _socket->batch(requests);
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (replies[i]) continue;
        std::string why = replies[i].message;
        if (replies[i].code == ENOBUFS)
            why = std::string("the kernel's neighbour table is full, raise net.") +
                  (due[i].ip.is_v4() ? "ipv4" : "ipv6") + ".neigh.default.gc_thresh1 to gc_thresh3";
        _neighbours.refused(due[i], why);
        evaluate_behind(due[i]);
    }
}

void next_hop_resolver::worker::flush() {
    if (_changes.empty()) return;
    boost::asio::post(_results,
                      [callback = _on_change, ended = _ended, changes = std::exchange(_changes, {})] {
                          if (!*ended && *callback) (*callback)(changes);
                      });
}

void next_hop_resolver::worker::tick_after(clock::duration delay) {
    _timer.expires_after(delay);
    _timer.async_wait([this](const boost::system::error_code& failure) {
        if (!failure) tick();
    });
}

void next_hop_resolver::worker::tick() {
    if (_tables_lost) drained();
    if (_round.empty())
        for (const auto& [address, one] : _vteps) _round.push_back(address);
    const std::size_t share = std::min(_round.size(), _vteps.size() / ticks_per_round + 1);
    const std::vector<ip_address> turn(_round.end() - static_cast<std::ptrdiff_t>(share), _round.end());
    _round.resize(_round.size() - share);
    look_up(turn);
    ask_neighbours();
    flush();
    tick_after(tick_interval);
}

}  // namespace waggle::control
