#include "control/overlay/preferred_peers.hh"

#include <algorithm>

#include "control/encryption/exchange.hh"

namespace waggle::control {

bool preferred_peers::may_send(const std::string& peer, std::span<const std::uint8_t> announcement,
                               moment now) {
    if (announcement.empty() || !_heard.contains(std::string(announcement.begin(), announcement.end()))) {
        _waits.erase(peer);
        return false;
    }
    const auto [known, is_new] = _waits.try_emplace(peer, wait{now + exchange::settling});
    if (is_new && _resumed.erase(peer) != 0) known->second = {now, true};
    return known->second.over;
}

bool preferred_peers::advance(moment now) {
    bool changed = false;
    for (auto& [peer, each] : _waits)
        changed |= each.until <= now && !std::exchange(each.over, each.until <= now);
    return changed;
}

std::optional<moment> preferred_peers::wake_at() const {
    std::optional<moment> first;
    for (const auto& [peer, each] : _waits)
        if (!each.over) first = first ? std::min(*first, each.until) : each.until;
    return first;
}

}  // namespace waggle::control
