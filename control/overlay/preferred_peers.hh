#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "control/moment.hh"

namespace waggle::control {

/// With which hosts an overlay's preferred profile is used: those that announce it at the moment, and have
/// done so for a while. That long the other end may need to hear of us: until then it would not know what we
/// seal with.
class preferred_peers {
public:
    /// What is announced on the overlay now, as it came.
    void hear(std::set<std::string> announcements) { _heard = std::move(announcements); }
    /// The peer was used before this process began: no wait.
    void resume(const std::string& peer) { _resumed.insert(peer); }

    /// Whether to send to a peer whose announcement that counts is `announcement`; empty: none.
    bool may_send(const std::string& peer, std::span<const std::uint8_t> announcement, moment now);
    /// True if a wait has ended since the last call.
    bool advance(moment now);
    std::optional<moment> wake_at() const;

private:
    struct wait {
        moment until;
        bool over = false;
    };
    std::set<std::string> _heard;
    std::set<std::string> _resumed;
    std::map<std::string, wait> _waits;
};

}  // namespace waggle::control
