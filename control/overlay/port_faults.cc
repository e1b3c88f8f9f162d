#include "control/overlay/port_faults.hh"

#include <algorithm>

namespace waggle::control {

std::set<std::string> port_faults::left_out(const api::state& desired, moment now) const {
    std::set<std::string> names;
    for (const auto& [name, entry] : _faults)
        if (entry.retry_at > now && desired.ports.contains(name)) names.insert(name);
    for (const std::vector<std::string>& group : _held)
        for (const std::string& name : group)
            if (desired.ports.contains(name)) names.insert(name);
    return names;
}

void port_faults::follow(const api::state& desired) {
    std::erase_if(_faults, [&](const auto& entry) {
        auto wanted = desired.ports.find(entry.first);
        return wanted == desired.ports.end() || wanted->second != entry.second.refused;
    });
    for (std::vector<std::string>& group : _held)
        std::erase_if(group, [&](const std::string& name) { return !desired.ports.contains(name); });
    std::erase_if(_held, [](const std::vector<std::string>& group) { return group.empty(); });
}

bool port_faults::blame(const std::string& port, const api::access_port& definition,
                        const std::string& reason, moment now) {
    auto [entry, added] = _faults.try_emplace(port);
    fault& known = entry->second;
    bool news = added || known.reason != reason;
    known.backoff = added ? first_retry : std::min(known.backoff * 2, longest_retry);
    known.refused = definition;
    known.reason = reason;
    known.retry_at = now + known.backoff;
    return news;
}

void port_faults::halve(const std::vector<std::string>& group) {
    auto middle = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
    _held.emplace_front(middle, group.end());
    _held.emplace_front(group.begin(), middle);
}

std::vector<std::string> port_faults::try_next() {
    if (_held.empty()) return {};
    std::vector<std::string> group = std::move(_held.front());
    _held.pop_front();
    return group;
}

std::vector<std::string> port_faults::absolve(const api::state& in_force) {
    std::vector<std::string> names;
    std::erase_if(_faults, [&](const auto& entry) {
        auto port = in_force.ports.find(entry.first);
        if (port == in_force.ports.end() || port->second != entry.second.refused) return false;
        names.push_back(entry.first);
        return true;
    });
    return names;
}

void port_faults::retry_soon(moment now) {
    for (auto& [name, entry] : _faults) {
        entry.backoff = first_retry;
        entry.retry_at = now + first_retry;
    }
}

std::optional<moment> port_faults::next_retry() const {
    std::optional<moment> earliest;
    for (const auto& [name, entry] : _faults)
        if (!earliest || entry.retry_at < *earliest) earliest = entry.retry_at;
    return earliest;
}

}  // namespace waggle::control
