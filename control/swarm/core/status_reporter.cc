#include "control/swarm/core/status_reporter.hh"

#include <algorithm>
#include <utility>

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

/// The managers write reports down ten times a second.
constexpr auto collection = 100ms;
constexpr auto retry = 1s;
constexpr auto answer_timeout = 10s;

constexpr const char* no_containers =
    "this node is a Waggle host, which runs no containers of services: keep them away with "
    "--constraint 'engine.labels.waggle!=true'";

struct report {
    wire::TaskState state = wire::NEW;
    std::string message;
    std::string problem;
};

/// What the managers are to know of the task; a state that is not above theirs needs no telling.
report report_on(const assignments::task& task) {
    if (task.what.desired_state() >= wire::SHUTDOWN) return {wire::SHUTDOWN, "shut down", {}};
    if (!task.is_attachment) return {wire::REJECTED, "rejected", no_containers};
    if (!task.fault.empty())
        return {task.reported >= wire::STARTING ? wire::FAILED : wire::REJECTED, "not attached", task.fault};
    return {std::min(wire::RUNNING, task.what.desired_state()), "attached", {}};
}

}  // namespace

void status_reporter::look(instant at) {
    _due = std::min(_due, at.now + collection);
}

void status_reporter::advance(const assignments& from, link_id link, const std::string& session_id,
                              outbox& out, instant at) {
    if (_call != 0 || at.now < _due) return;
    _due = never;
    _told.clear();
    wire::UpdateTaskStatusRequest request;
    request.set_session_id(session_id);
    const auto since = at.wall.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    for (const auto& [id, task] : from.tasks()) {
        const report wanted = report_on(task);
        if (wanted.state <= task.reported) continue;
        if (_told.size() == most_updates) {
            _due = at.now;
            break;
        }
        wire::TaskStatusUpdate& update = *request.add_updates();
        update.set_task_id(id);
        wire::TaskStatus& status = *update.mutable_status();
        status.mutable_timestamp()->set_seconds(seconds.count());
        status.mutable_timestamp()->set_nanos(static_cast<std::int32_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()));
        status.set_state(wanted.state);
        status.set_message(wanted.message);
        status.set_err(wanted.problem);
        if (task.is_attachment && wanted.state >= wire::STARTING)
            status.mutable_container()->set_container_id(task.what.spec().attachment().container_id());
        _told.push_back({id, wanted.state});
    }
    if (!_told.empty()) _call = out.call(link, std::move(request), answer_timeout);
}

bool status_reporter::answered(call_id call, const call_status& status, assignments& reported, instant at) {
    if (call == 0 || call != _call) return false;
    _call = 0;
    if (!status.ok()) {
        _due = std::min(_due, at.now + retry);
        return true;
    }
    for (const told& each : _told) {
        const auto found = reported.tasks().find(each.task);
        if (found == reported.tasks().end()) continue;
        if (each.state == wire::REJECTED && !found->second.is_attachment) ++_rejected;
        found->second.reported = std::max(found->second.reported, each.state);
    }
    return true;
}

}  // namespace waggle::control::swarm
