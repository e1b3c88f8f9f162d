#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "control/gossip/networkdb/messages.hh"
#include "control/moment.hh"

namespace waggle::control {

/// A record of the gossip with what decides between several for one thing.
template <typename Record>
struct owned_record {
    /// The owner's name in the gossip.
    std::string owner;
    networkdb::lamport_time time = 0;
    Record record;
    /// Set while the owner is being replaced by its next life, which most likely tells the same in a moment.
    std::optional<moment> lingers_until = {};
};

/// Of two records for one thing, by their keys: the later one counts, of two at one time that with the
/// smaller key; what lingers of a former life counts least.
template <typename Record>
bool counts_more(const std::pair<const std::string, owned_record<Record>>& a,
                 const std::pair<const std::string, owned_record<Record>>& b) {
    const bool a_lingers = a.second.lingers_until.has_value();
    const bool b_lingers = b.second.lingers_until.has_value();
    return std::tie(a_lingers, b.second.time, a.first) < std::tie(b_lingers, a.second.time, b.first);
}

}  // namespace waggle::control
