#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "tests/unit/swarm/virtual_member.hh"

namespace waggle::control::swarm::test {

inline wire::AttachNetworkResponse granted(const std::string& task) {
    wire::AttachNetworkResponse answer;
    answer.set_attachment_id(task);
    return answer;
}

/// Takes the next detach and lets it succeed; the task it is about.
inline std::optional<std::string> next_detach(virtual_member& host) {
    const auto call = host.next_call<wire::DetachNetworkRequest>();
    if (!call) return std::nullopt;
    const std::string task = std::get<wire::DetachNetworkRequest>(call->what).attachment_id();
    host.answer(*call, wire::DetachNetworkResponse());
    return task;
}

/// The states that the next report tells, by task.
inline std::map<std::string, wire::TaskState> next_report(virtual_member& host) {
    host.run(std::chrono::milliseconds(150));
    std::map<std::string, wire::TaskState> told;
    const auto call = host.next_call<wire::UpdateTaskStatusRequest>();
    if (!call) return told;
    for (const auto& each : std::get<wire::UpdateTaskStatusRequest>(call->what).updates())
        told[each.task_id()] = each.status().state();
    host.answer(*call, wire::UpdateTaskStatusResponse());
    return told;
}

}  // namespace waggle::control::swarm::test
