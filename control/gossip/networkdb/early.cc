#include <utility>

#include "control/gossip/networkdb/network_db.hh"

/// Messages that overtook what they build on: the word that their node exists, or that it takes part in the
/// network. Engines drop them, and wait for a bulk sync in their place; while many hosts start that takes
/// most of a minute.
namespace waggle::networkdb {

void network_db::hold(const std::string& node, std::string_view message, time_point now) {
    if (_early_bytes + node.size() + message.size() > _settings.early_limit) {
        ++_counters.over_limit;
        return;
    }
    early_messages& waiting = _early[node];
    if (waiting.messages.empty()) waiting.until = now + _settings.early_patience;
    if (!waiting.messages.emplace(message).second) return;
    ++_counters.early_messages;
    _early_bytes += node.size() + message.size();
}

void network_db::handle_early(const std::string& node, time_point now) {
    auto found = _early.find(node);
    if (found == _early.end()) return;
    // Those of other networks go back to waiting.
    const early_messages waiting = std::move(found->second);
    _early.erase(found);
    for (const std::string& each : waiting.messages) _early_bytes -= node.size() + each.size();
    for (const std::string& each : waiting.messages) handle(each, false, 1, now);
}

void network_db::forget_early(time_point now) {
    for (auto at = _early.begin(); at != _early.end();) {
        if (at->second.until > now) {
            ++at;
            continue;
        }
        for (const std::string& each : at->second.messages) _early_bytes -= at->first.size() + each.size();
        at = _early.erase(at);
    }
}

}  // namespace waggle::networkdb
