#include "control/overlay/state_parts.hh"

#include <unordered_set>

namespace waggle::control {

changing_state without_ports(const shared_state& whole, const std::set<std::string>& ports,
                             const shared_state& fallback) {
    auto part = std::make_shared<api::state>(*whole);
    std::unordered_set<std::string> gone;
    for (const std::string& name : ports) {
        auto wanted = part->ports.find(name);
        if (wanted == part->ports.end()) continue;
        if (fallback) {
            auto earlier = fallback->ports.find(name);
            if (earlier != fallback->ports.end() && earlier->second.overlay == wanted->second.overlay) {
                wanted->second = earlier->second;
                continue;
            }
        }
        part->ports.erase(wanted);
        gone.insert(name);
    }
    if (gone.empty()) return part;
    std::unordered_set<api::forwarding_key, api::forwarding_key_hash> unplaced;
    erase_if(part->forwarding, [&](const auto& entry) {
        auto* port = std::get_if<std::string>(&entry.second);
        if (port == nullptr || !gone.contains(*port)) return false;
        unplaced.insert(entry.first);
        return true;
    });
    erase_if(part->neighbours, [&](const auto& entry) {
        return unplaced.contains({entry.first.overlay, entry.second});
    });
    return part;
}

changing_state with_ports_of(const changing_state& whole, const std::set<std::string>& ports,
                             const api::state& previous) {
    std::shared_ptr<api::state> extended;
    for (const std::string& name : ports) {
        auto earlier = previous.ports.find(name);
        if (earlier == previous.ports.end() || whole->ports.contains(name)) continue;
        auto overlay = previous.overlays.find(earlier->second.overlay);
        if (overlay == previous.overlays.end()) continue;
        if (!extended) extended = std::make_shared<api::state>(*whole);
        extended->ports.emplace(name, earlier->second);
        extended->overlays.emplace(overlay->first, overlay->second);
    }
    return extended ? extended : whole;
}

}  // namespace waggle::control
