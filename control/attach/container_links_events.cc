#include <array>
#include <cerrno>
#include <limits>
#include <unistd.h>
#include <utility>

#include <sys/inotify.h>

#include "control/attach/container_links_worker.hh"
#include "control/attach/link_plan.hh"
#include "control/netlink/address.hh"
#include "control/netlink/namespace_ids.hh"
#include "control/netlink/route.hh"

/// What makes container_links look again: the kernel's announcements, names of namespaces, time.
namespace waggle::control {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto tick_interval = seconds(1);
constexpr auto attached_interval = seconds(20);
/// A name is made first and gets its namespace a moment later, which nothing announces.
constexpr auto name_delay = milliseconds(30);

}  // namespace

void container_links::worker::hear(const nlmsghdr& message, std::optional<std::int32_t> from) {
    // Our own namespace has a number too.
    if (from == _maker->home()) from.reset();
    switch (message.nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
            hear_link(message, from);
            break;
        case RTM_DELNSID:
            if (const auto id = netlink::parse_namespace_id(message)) hear_namespace_gone(*id);
            break;
        case RTM_DELADDR: {
            const auto address = netlink::parse_address(message);
            if (from && address && address->protocol == netlink::waggle_protocol)
                need_at({*from, address->link});
            break;
        }
        case RTM_DELROUTE: {
            const auto route = netlink::parse_route(message);
            if (from && route && route->protocol == netlink::waggle_protocol) need_at({*from, route->link});
            break;
        }
        default:
            break;
    }
}

void container_links::worker::hear_link(const nlmsghdr& message, std::optional<std::int32_t> from) {
    const auto link = netlink::parse_link(message);
    if (!link) return;
    if (from) {
        const link_place place{*from, link->index};
        if (_at.contains(place)) _suspects.insert(place);
        return;
    }
    hear_tap(*link, message.nlmsg_type == RTM_NEWLINK);
}

void container_links::worker::hear_tap(const netlink::link& tap, bool there) {
    const std::pair<int, std::uint32_t> now = there ? std::pair(tap.index, tap.mtu) : std::pair(0, 0U);
    // Each macvlan made on a TAP has the kernel announce the TAP again.
    if (std::exchange(_taps[tap.name], now) == now) return;
    _maker->forget_taps();
    for (auto& [name, one] : _entries) {
        if (one.wanted.tap != tap.name) continue;
        const bool served = there && one.tap == tap.index && one.place.has_value();
        if (!served || one.reported.condition != link_condition::attached) need(one);
    }
}

void container_links::worker::hear_namespace_gone(std::int32_t id) {
    // The number may be given to another namespace at once.
    for (auto next = _at.lower_bound({id, std::numeric_limits<int>::min()});
         next != _at.end() && next->first.namespace_id == id;) {
        entry& one = _entries.at((next++)->second);
        set_place(one, std::nullopt);
        need(one);
    }
}

void container_links::worker::need_at(const link_place& place) {
    if (const auto found = _at.find(place); found != _at.end()) need(_entries.at(found->second));
}

void container_links::worker::examine_suspects() {
    for (const link_place& place : std::exchange(_suspects, {})) {
        const auto found = _at.find(place);
        if (found == _at.end()) continue;
        entry& one = _entries.at(found->second);
        if (!_maker->looks_right(one.wanted, place, one.tap)) need(one);
    }
}

void container_links::worker::suspect_all() {
    _maker->forget();
    for (auto& [name, one] : _entries)
        if (!one.place || !_maker->looks_right(one.wanted, *one.place, one.tap)) need(one);
}

void container_links::worker::watch_names() {
    if (!_names.is_open()) {
        const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (fd < 0) return;
        _names.assign(fd);
    }
    // Before the first name is made the folder may not be there; the next tick tries again.
    if (inotify_add_watch(_names.native_handle(), netlink::namespace_directory().c_str(),
                          IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
        return;
    }
    _watching_names = true;
    _names.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& failure) {
                          if (failure) return;
                          std::array<char, 4096> events{};
                          while (read(_names.native_handle(), events.data(), events.size()) > 0) {
                          }
                          look_at_names_soon();
                          watch_names();
                      });
}

void container_links::worker::look_at_names_soon() {
    if (std::exchange(_names_changed, true)) return;
    _names_timer.expires_after(name_delay);
    _names_timer.async_wait([this](const boost::system::error_code& failure) {
        if (failure) return;
        _names_changed = false;
        // A name may have appeared that is waited for, or stand for another namespace now.
        for (auto& [name, one] : _entries) look_at(one, one.reported.condition != link_condition::failed);
    });
}

void container_links::worker::tick_after(clock::duration delay) {
    _timer.expires_after(delay);
    _timer.async_wait([this](const boost::system::error_code& failure) {
        if (!failure) tick();
    });
}

void container_links::worker::look_at(entry& one, bool now) {
    const clock::time_point time = clock::now();
    if (one.look_again > time && !now) return;
    const bool fine = one.reported.condition == link_condition::attached && !one.incomplete && one.place &&
                      _maker->looks_right(one.wanted, *one.place, one.tap);
    if (fine) {
        one.look_again = time + attached_interval;
    } else {
        need(one);
    }
}

void container_links::worker::tick() {
    if (!_watching_names) watch_names();
    for (auto& [name, one] : _entries) look_at(one, false);
    tick_after(tick_interval);
}

}  // namespace waggle::control
