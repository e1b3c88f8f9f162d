#include "control/underlay/neighbour_table.hh"

#include <algorithm>
#include <unordered_set>

namespace waggle::control {

namespace {

using std::chrono::seconds;

constexpr std::uint16_t answered_states = NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP;
constexpr std::uint16_t busy_states = NUD_INCOMPLETE | NUD_DELAY | NUD_PROBE;

/// A reachable neighbour is touched this often, so that it never waits long as stale.
constexpr auto care_interval = seconds(25);
/// The kernel is at work and will announce the end; this is for an announcement that does not come.
constexpr auto busy_interval = seconds(10);
/// After asking; the kernel announces the result much sooner or not at all.
constexpr auto asked_interval = seconds(5);
constexpr auto longest_patience = seconds(30);

}  // namespace

void neighbour_table::schedule(record& one, time_point now) {
    const std::uint16_t state = one.known.state;
    if ((state & answered_states) != 0) {
        one.patience = seconds(0);
        one.ask_at = now + care_interval;
    } else if ((state & busy_states) != 0) {
        one.ask_at = now + busy_interval;
    } else if ((state & NUD_FAILED) != 0) {
        // At once for the first time: a peer that got another card answers the next question.
        one.ask_at = now + one.patience;
        one.patience = std::clamp(one.patience * 2, seconds(1), longest_patience);
    } else {
        one.ask_at = now;
    }
}

bool neighbour_table::apply(const netlink::neighbour& heard, bool gone, time_point now) {
    if (gone) {
        const auto found = _records.find(heard.id);
        if (found == _records.end()) return false;
        if (found->second.followers == 0) {
            _records.erase(found);
            return false;
        }
        found->second.known.state = NUD_NONE;
        schedule(found->second, now);
        return false;
    }
    record& one = _records[heard.id];
    const entry before = one.known;
    one.known.state = heard.state;
    one.known.refusal.clear();
    if (heard.mac) {
        one.known.mac = heard.mac;
        one.known.failed = false;
    } else if ((heard.state & NUD_FAILED) != 0) {
        one.known.mac.reset();
        one.known.failed = true;
    }
    schedule(one, now);
    return one.known.mac != before.mac || one.known.failed != before.failed || !before.refusal.empty();
}

void neighbour_table::replace(const std::vector<netlink::neighbour>& all, time_point now) {
    std::unordered_set<netlink::neighbour_id, netlink::neighbour_id_hash> present;
    for (const netlink::neighbour& one : all) {
        present.insert(one.id);
        apply(one, false, now);
    }
    for (auto next = _records.begin(); next != _records.end();) {
        const auto here = next++;
        if (present.contains(here->first)) continue;
        if (here->second.followers == 0) {
            _records.erase(here);
        } else {
            here->second.known.state = NUD_NONE;
            schedule(here->second, now);
        }
    }
}

void neighbour_table::follow(const netlink::neighbour_id& id, time_point now) {
    record& one = _records[id];
    if (one.followers++ == 0) schedule(one, now);
}

void neighbour_table::unfollow(const netlink::neighbour_id& id) {
    const auto found = _records.find(id);
    if (found == _records.end() || found->second.followers == 0) return;
    if (--found->second.followers == 0 && found->second.known.state == NUD_NONE) _records.erase(found);
}

const neighbour_table::entry* neighbour_table::find(const netlink::neighbour_id& id) const {
    const auto found = _records.find(id);
    return found == _records.end() ? nullptr : &found->second.known;
}

std::vector<netlink::neighbour_id> neighbour_table::take_due(time_point now) {
    std::vector<netlink::neighbour_id> due;
    for (auto& [id, one] : _records) {
        if (one.followers == 0 || one.ask_at > now) continue;
        one.ask_at = now + asked_interval;
        // What was set by hand is not asked for.
        if ((one.known.state & (NUD_PERMANENT | NUD_NOARP)) == 0) due.push_back(id);
    }
    return due;
}

void neighbour_table::refused(const netlink::neighbour_id& id, const std::string& why) {
    if (const auto found = _records.find(id); found != _records.end()) found->second.known.refusal = why;
}

}  // namespace waggle::control
