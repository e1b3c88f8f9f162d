#include "control/attach/container_links_worker.hh"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "control/attach/link_remover.hh"

namespace waggle::control {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Links settled before other work of the thread gets its turn.
constexpr int links_per_turn = 64;
/// A namespace or TAP that is not there is looked for this often where no event tells.
constexpr auto pending_interval = seconds(1);
constexpr auto failed_interval = seconds(5);
/// Events tell of changes; this is for what no event tells, as a name that stands for another namespace.
constexpr auto attached_interval = seconds(20);
/// Somebody who undoes our work again and again is answered no more often than this.
constexpr auto least_interval = seconds(1);

}  // namespace

container_links::worker::worker(boost::asio::io_context& results, settings how, status_callback on_status)
    : _results(results),
      _settings(std::move(how)),
      _on_status(std::make_shared<const status_callback>(std::move(on_status))),
      _ended(std::make_shared<std::atomic<bool>>(false)),
      _guard(boost::asio::make_work_guard(_context)),
      _timer(_context),
      _names_timer(_context),
      _names(_context) {
}

container_links::worker::~worker() {
    stop(false);
}

result<void> container_links::worker::start() {
    auto maker = link_maker::open(_settings.node, _settings.waggle_namespace);
    if (!maker) return maker.failure();
    _maker.emplace(std::move(*maker));
    auto home = netlink::network_namespace::open_path(_settings.waggle_namespace);
    if (!home) return home.failure();
    const netlink::monitor::subscription all{{RTNLGRP_LINK, RTNLGRP_NSID, RTNLGRP_IPV4_IFADDR,
                                              RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE},
                                             true};
    auto opened = netlink::monitor::open(_context, all, &*home);
    if (!opened) return std::move(opened).context("container links").failure();
    _monitor = std::move(*opened);
    _monitor->start({
        [this](const nlmsghdr& message, std::optional<std::int32_t> from) { hear(message, from); },
        [this] { suspect_all(); },
        [this] { examine_suspects(); },
    });
    watch_names();
    tick_after(pending_interval);
    _thread = std::thread([this] { _context.run(); });
    return {};
}

void container_links::worker::set_desired(std::vector<container_link> wanted) {
    boost::asio::post(_context, [this, list = std::move(wanted)]() mutable { replace(std::move(list)); });
}

void container_links::worker::stop(bool remove_links) {
    if (!_thread.joinable()) return;
    boost::asio::post(_context, [this, remove_links] {
        if (remove_links) {
            if (auto all = _maker->find_all()) remove(*all);
        }
        _context.stop();
    });
    _thread.join();
    _maker->forget();
    *_ended = true;
}

/// Links that an earlier life made and that are not wanted, or not where they are.
std::vector<found_link> container_links::worker::leftovers() {
    auto all = _maker->find_all();
    if (!all) {
        spdlog::warn("can't look for container links of an earlier life: {}", all.failure().message);
        return {};
    }
    std::map<std::string, const container_link*> by_alias;
    for (const auto& [name, one] : _entries) by_alias.emplace(_maker->alias_of(one.wanted), &one.wanted);
    std::vector<found_link> unwanted;
    for (found_link& found : *all) {
        const auto match = by_alias.find(found.alias);
        const bool keep =
            match != by_alias.end() && _maker->number_of(*match->second) == found.place.namespace_id;
        if (!keep) unwanted.push_back(std::move(found));
    }
    if (!all->empty())
        spdlog::info("found {} container links of an earlier life, {} of them no longer wanted", all->size(),
                     unwanted.size());
    return unwanted;
}

void container_links::worker::replace(std::vector<container_link> wanted) {
    std::map<std::string, container_link> list;
    for (container_link& one : wanted) list.emplace(one.endpoint, std::move(one));

    std::vector<found_link> unwanted;
    std::vector<std::string> gone;
    for (auto& [name, old] : _entries) {
        const auto stays = list.find(name);
        if (stays == list.end()) gone.push_back(name);
        const bool elsewhere =
            stays == list.end() || stays->second.overlay != old.wanted.overlay ||
            stays->second.tap != old.wanted.tap ||
            stays->second.attachment.network_namespace != old.wanted.attachment.network_namespace;
        if (!elsewhere || !old.place) continue;
        unwanted.push_back({*old.place, _maker->alias_of(old.wanted)});
        set_place(old, std::nullopt);
    }
    for (const std::string& name : gone) {
        _entries.erase(name);
        _needed.erase(name);
    }
    for (auto& [name, one] : list) {
        auto [there, is_new] = _entries.try_emplace(name);
        if (!is_new && there->second.wanted == one && there->second.place) continue;
        there->second.wanted = std::move(one);
        there->second.last_work = {};
        need(there->second);
    }
    if (std::exchange(_first, false)) unwanted = leftovers();
    // Before anything is made: a name or MAC may pass from one endpoint to another.
    remove(unwanted);
    for (const std::string& name : gone) send({name, link_condition::removed, {}});
}

void container_links::worker::remove(const std::vector<found_link>& unwanted) {
    for (const error& failure : remove_links(_settings.waggle_namespace, _maker->home(), unwanted))
        spdlog::warn("container link stays behind: {}", failure.message);
}

void container_links::worker::need(entry& one) {
    _needed.insert(one.wanted.endpoint);
    if (std::exchange(_working, true)) return;
    boost::asio::post(_context, [this] { work_off(); });
}

void container_links::worker::work_off() {
    for (int i = 0; i < links_per_turn && !_needed.empty(); ++i) {
        const auto next = _entries.find(*_needed.begin());
        _needed.erase(_needed.begin());
        if (next != _entries.end()) settle(next->second);
    }
    if (_needed.empty()) {
        _working = false;
        _maker->forget();
    } else {
        boost::asio::post(_context, [this] { work_off(); });
    }
}

void container_links::worker::settle(entry& one) {
    const clock::time_point now = clock::now();
    if (one.place && _maker->looks_right(one.wanted, *one.place, one.tap) &&
        now - one.last_work < least_interval) {
        one.look_again = one.last_work + least_interval;
        one.incomplete = true;
        return;
    }
    one.last_work = now;
    one.incomplete = false;
    const link_maker::outcome made = _maker->ensure(one.wanted, one.place);
    if (made.condition != link_condition::pending || made.place) set_place(one, made.place);
    one.tap = made.tap;
    switch (made.condition) {
        case link_condition::attached:
            one.look_again = now + attached_interval;
            break;
        case link_condition::failed:
            one.look_again = now + failed_interval;
            break;
        default:
            one.look_again = now + pending_interval;
    }
    report(one, made.condition, made.reason);
}

void container_links::worker::set_place(entry& one, const std::optional<link_place>& place) {
    if (one.place) _at.erase(*one.place);
    one.place = place;
    if (place) _at[*place] = one.wanted.endpoint;
}

void container_links::worker::report(entry& one, link_condition condition, const std::string& reason) {
    link_status status{one.wanted.endpoint, condition, reason};
    if (status == one.reported) return;
    one.reported = status;
    send(status);
}

void container_links::worker::send(const link_status& status) {
    boost::asio::post(_results, [callback = _on_status, ended = _ended, status] {
        if (!*ended && *callback) (*callback)(status);
    });
}

}  // namespace waggle::control
