#include "control/swarm/core/assignments.hh"

#include <set>
#include <utility>

#include "control/swarm/core/network_reader.hh"

namespace waggle::control::swarm {
namespace {

namespace wire = docker::swarmkit::v1;

void read_grant(const wire::Task& from, assignments::task& to) {
    to.granted = {};
    to.on = {};
    to.fault.clear();
    auto granted = read_attachment(from);
    if (!granted) {
        to.fault = granted.failure().message;
        return;
    }
    auto on = read_network(from.networks(0).network());
    if (!on) {
        to.fault = on.failure().message;
        return;
    }
    to.granted = std::move(*granted);
    to.on = std::move(*on);
}

}  // namespace

void assignments::update(wire::Task&& changed) {
    if (changed.id().empty() || changed.id().size() > longest_id) return;
    auto found = _tasks.find(changed.id());
    if (found == _tasks.end()) {
        if (_tasks.size() == most) {
            ++_left_out;
            return;
        }
        found = _tasks.try_emplace(changed.id()).first;
    }
    task& entry = found->second;
    entry.is_attachment = changed.spec().has_attachment();
    if (changed.status().state() > entry.reported) entry.reported = changed.status().state();
    if (entry.is_attachment) {
        read_grant(changed, entry);
        entry.what = std::move(changed);
        return;
    }
    // Of a task that is rejected nothing else is needed.
    wire::Task kept;
    kept.set_id(changed.id());
    kept.set_desired_state(changed.desired_state());
    entry.what = std::move(kept);
}

bool assignments::apply(wire::AssignmentsMessage message) {
    if (message.type() == wire::AssignmentsMessage::COMPLETE) {
        std::set<std::string, std::less<>> named;
        for (const auto& change : message.changes())
            if (change.assignment().has_task() && change.action() == wire::AssignmentChange::UPDATE)
                named.insert(change.assignment().task().id());
        std::erase_if(_tasks, [&](const auto& each) { return !named.contains(each.first); });
        // What the managers have now counts, not what an earlier one was told.
        for (auto& [id, each] : _tasks) each.reported = wire::NEW;
        _left_out = 0;
        _complete = true;
    } else if (!_chained || message.applies_to() != _last) {
        _chained = false;
        return false;
    }
    _chained = true;
    _last = message.results_in().substr(0, longest_id);
    for (auto& change : *message.mutable_changes()) {
        if (!change.assignment().has_task()) continue;
        if (change.action() == wire::AssignmentChange::REMOVE) {
            _tasks.erase(change.assignment().task().id());
        } else {
            update(std::move(*change.mutable_assignment()->mutable_task()));
        }
    }
    return true;
}

void assignments::restore(wire::Task known) {
    update(std::move(known));
}

void assignments::clear() {
    *this = assignments();
}

}  // namespace waggle::control::swarm
