#include "control/swarm/core/attachment_keeper.hh"

#include <algorithm>
#include <utility>

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_timeout = 10s;
/// From the managers' yes until the task comes: usually 0.15 s.
constexpr auto slow = 5s;
/// Then the task is given back and asked for anew.
constexpr auto hopeless = 60s;

bool serves(const assignments::task& task, const wanted_attachment& what) {
    if (what.target != task.on.id && what.target != task.on.name) return false;
    return std::ranges::all_of(what.addresses, [&](const ip_address& wished) {
        return std::ranges::any_of(task.granted.addresses,
                                   [&](const ip_prefix& given) { return given.address == wished; });
    });
}

std::string reason(const call_status& status, const std::string& target) {
    switch (status.code) {
        case call_code::not_found:
            return "the swarm has no network " + target +
                   ": create it with `docker network create -d overlay "
                   "--attachable " +
                   target + "`";
        case call_code::permission_denied:
            return "network " + target + " is not attachable: it has to be created with --attachable";
        case call_code::unavailable:
        case call_code::deadline_exceeded:
        case call_code::aborted:
            return "no manager granted an attachment to " + target + " yet: " + status.message;
        default:
            return "the managers grant no attachment to " + target + ": " + status.message;
    }
}

}  // namespace

void attachment_keeper::schedule(wishes::value_type& each, moment when) {
    auto& [id, of] = each;
    if (of.due != never) _due.erase({of.due, id});
    of.due = when;
    if (when != never) _due.emplace(when, id);
}

void attachment_keeper::refuse(wishes::value_type& each, const std::string& why) {
    if (each.second.refused == why) return;
    each.second.refused = why;
    _changed = true;
}

void attachment_keeper::want(std::map<std::string, wanted_attachment> wanted, instant at) {
    _told = true;
    _looked = false;
    _changed = true;
    for (auto each = _wishes.begin(); each != _wishes.end();) {
        const auto still = wanted.find(each->first);
        if (still != wanted.end() && still->second == each->second.what) {
            wanted.erase(still);
            ++each;
            continue;
        }
        // A call that is under way is answered into the void, and its task then given back.
        if (!each->second.expected.empty()) _surplus.emplace(each->second.expected, true);
        schedule(*each, never);
        each = _wishes.erase(each);
    }
    for (auto& [id, what] : wanted) {
        const auto made = _wishes.try_emplace(id).first;
        made->second.what = std::move(what);
        schedule(*made, at.now);
    }
}

void attachment_keeper::session_ended(instant at) {
    _calls.clear();
    _looked = false;
    _detach_after = moment::min();
    for (auto& [task, waits] : _surplus) waits = true;
    for (auto& each : _wishes) {
        if (each.second.call == 0) continue;
        each.second.call = 0;
        schedule(each, at.now);
    }
}

/// Finds for every task the wish that it serves, and for every wish its task.
void attachment_keeper::match(const assignments& tasks, outbox& out, instant at) {
    _looked = true;
    _changed = true;
    std::erase_if(_given_back, [&](const std::string& id) { return !tasks.tasks().contains(id); });
    // What is not listed may still be pending at the managers: those that are expected stay to be given back.
    std::map<std::string, std::string> found;
    for (const auto& [id, task] : tasks.tasks()) {
        if (!task.is_attachment || _given_back.contains(id) || _surplus.contains(id)) continue;
        const std::string& container = task.what.spec().attachment().container_id();
        const auto wanted = _wishes.find(container);
        const bool ends = task.what.desired_state() >= wire::SHUTDOWN;
        if (wanted == _wishes.end() || ends || !task.fault.empty() || !serves(task, wanted->second.what)) {
            _surplus.emplace(id, true);
            if (wanted == _wishes.end()) continue;
            wish& of = wanted->second;
            if (of.expected == id) of.expected.clear();
            if (!task.fault.empty()) refuse(*wanted, task.fault);
            if (of.call == 0) schedule(*wanted, at.now + of.wait.next(out.random, 0.5));
            continue;
        }
        // Of several, the one that is in use already.
        const auto [first, is_first] = found.try_emplace(container, id);
        if (is_first) continue;
        const std::string other = id == wanted->second.granted ? std::exchange(first->second, id) : id;
        _surplus.emplace(other, true);
    }
    for (auto& each : _wishes) {
        wish& of = each.second;
        const auto by = found.find(each.first);
        if (by == found.end()) {
            if (of.granted.empty()) continue;
            of.granted.clear();
            if (of.call == 0 && of.expected.empty())
                schedule(each, std::max(of.due == never ? at.now : of.due, at.now));
            continue;
        }
        if (!of.expected.empty() && of.expected != by->second) _surplus.emplace(of.expected, true);
        of.expected.clear();
        of.granted = by->second;
        of.refused.clear();
        of.wait.reset();
        schedule(each, never);
    }
}

/// Does what is due for a wish that no task serves.
void attachment_keeper::attend(wishes::value_type& each, link_id link, outbox& out, instant at) {
    auto& [id, of] = each;
    if (!of.granted.empty() || of.call != 0) return schedule(each, never);
    if (!of.expected.empty()) {
        if (at.now < of.asked + hopeless) {
            refuse(
                each,
                "the managers have no address for an attachment to " + of.what.target +
                    " yet: the node is paused or drained (`docker node ls`), or the network has no address "
                    "left, or a wished one is taken");
            return schedule(each, of.asked + hopeless);
        }
        _surplus.emplace(std::exchange(of.expected, {}), true);
        return schedule(each, at.now + of.wait.next(out.random, 0.5));
    }
    wire::AttachNetworkRequest request;
    request.set_container_id(id);
    request.mutable_config()->set_target(of.what.target);
    for (const std::string& alias : of.what.aliases) request.mutable_config()->add_aliases(alias);
    for (const ip_address& address : of.what.addresses)
        request.mutable_config()->add_addresses(address.to_string());
    of.call = out.call(link, std::move(request), answer_timeout);
    _calls[of.call] = {id, {}};
    schedule(each, never);
}

void attachment_keeper::advance(const assignments& tasks, std::optional<link_id> link, outbox& out,
                                instant at) {
    if (!_told) return;
    if (!_looked) match(tasks, out, at);
    if (!link) return;
    if (at.now >= _detach_after) {
        for (auto& [task, waits] : _surplus) {
            if (_calls.size() >= most_calls) break;
            if (!std::exchange(waits, false)) continue;
            wire::DetachNetworkRequest request;
            request.set_attachment_id(task);
            _calls[out.call(*link, std::move(request), answer_timeout)] = {{}, task};
        }
    }
    while (_calls.size() < most_calls && !_due.empty() && _due.begin()->first <= at.now)
        attend(*_wishes.find(_due.begin()->second), *link, out, at);
}

void attachment_keeper::attach_answered(const std::string& container_id, const call_status& status,
                                        const manager_response& what, outbox& out, instant at) {
    const auto found = _wishes.find(container_id);
    const auto* granted = std::get_if<wire::AttachNetworkResponse>(&what);
    const bool good = status.ok() && granted != nullptr && !granted->attachment_id().empty() &&
                      granted->attachment_id().size() <= 64;
    if (found == _wishes.end()) {
        if (good) _surplus.emplace(granted->attachment_id(), true);
        return;
    }
    wish& of = found->second;
    of.call = 0;
    if (good) {
        of.expected = granted->attachment_id();
        of.asked = at.now;
        // It may have come before this answer.
        _looked = false;
        schedule(*found, at.now + slow);
        return;
    }
    const call_status failed = status.ok() ? call_status{call_code::unknown, "they gave no id"} : status;
    refuse(*found, reason(failed, of.what.target));
    schedule(*found, at.now + of.wait.next(out.random, 0.5));
}

bool attachment_keeper::answered(call_id call, const call_status& status, const manager_response& what,
                                 outbox& out, instant at) {
    const auto found = _calls.find(call);
    if (found == _calls.end()) return false;
    const call_state about = std::move(found->second);
    _calls.erase(found);
    if (about.task.empty()) {
        // The wish may have been withdrawn and made again meanwhile: then this call is not the new one's.
        const auto of = _wishes.find(about.container_id);
        const bool current = of != _wishes.end() && of->second.call == call;
        attach_answered(current ? about.container_id : std::string(), status, what, out, at);
        return true;
    }
    if (status.ok() || status.code == call_code::not_found) {
        _surplus.erase(about.task);
        _given_back.insert(about.task);
        _detach_wait.reset();
        _looked = false;
    } else if (const auto left = _surplus.find(about.task); left != _surplus.end()) {
        left->second = true;
        _detach_after = at.now + _detach_wait.next(out.random, 0.5);
    }
    return true;
}

moment attachment_keeper::next_wake() const {
    if (!_told) return never;
    moment next = _looked ? never : moment::min();
    if (_calls.size() >= most_calls) return next;
    if (!_due.empty()) next = std::min(next, _due.begin()->first);
    if (std::ranges::any_of(_surplus, [](const auto& each) { return each.second; }))
        next = std::min(next, _detach_after);
    return next;
}

const assignments::task* attachment_keeper::granted(const assignments& tasks,
                                                    const std::string& container_id) const {
    const auto of = _wishes.find(container_id);
    if (of == _wishes.end() || of->second.granted.empty()) return nullptr;
    const auto found = tasks.tasks().find(of->second.granted);
    return found == tasks.tasks().end() ? nullptr : &found->second;
}

std::map<std::string, std::string> attachment_keeper::refused() const {
    std::map<std::string, std::string> all;
    for (const auto& [id, each] : _wishes)
        if (!each.refused.empty() && each.granted.empty()) all.emplace(id, each.refused);
    return all;
}

}  // namespace waggle::control::swarm
