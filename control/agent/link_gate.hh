#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/attach/container_link.hh"
#include "control/overlay/state_parts.hh"

namespace waggle::control {

/// Keeps container links and the TAPs below them in order: a link is made when the dataplane has its TAP, and
/// a TAP goes when the links over it are gone. Links stay while the dataplane is away: its TAPs are adopted
/// or made again, and the links repaired.
class link_gate {
public:
    /// The links that may exist now, with an MTU that their TAP carries already. `in_force`: null while it is
    /// not known.
    std::vector<container_link> open(const std::vector<container_link>& desired,
                                     const shared_state& in_force);
    /// TAPs over which there still may be links.
    std::set<std::string> taps_in_use() const;

    void reported(const link_status& status);
    /// Null if nothing was reported yet.
    const link_status* status_of(const std::string& endpoint) const;

private:
    /// MTU of each TAP that the dataplane has, or had when it was last heard of.
    std::map<std::string, std::uint16_t> _taps;
    /// By endpoint; more than one TAP while a link moves.
    std::map<std::string, std::set<std::string>> _taps_of_link;
    /// The TAP that the link is wanted on, by endpoint.
    std::map<std::string, std::string> _wanted;
    std::map<std::string, link_status> _statuses;
};

}  // namespace waggle::control
