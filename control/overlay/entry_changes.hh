#pragma once

#include <optional>

#include "common/few_map.hh"
#include "common/mac_address.hh"
#include "dataplane/api/delta.hh"

namespace waggle::control {

/// What changed in the forwarding and neighbour entries of a state that is changed in place, at the cost of
/// the changes.
class entry_changes {
public:
    /// To be called before api::apply(); `change` has entries only.
    void note(const api::state& before, const api::delta& change);
    /// `earlier` came before everything noted here.
    void put_before(entry_changes earlier);
    /// From the state before the first change to `now`.
    api::delta until(const api::state& now) const;
    /// Makes `state` what it was before the first change.
    void undo(api::state& state) const;

    bool empty() const { return _forwarding.empty() && _neighbours.empty(); }
    void clear();

private:
    /// What stood there; nothing if there was no such entry.
    few_map<api::forwarding_key, std::optional<api::forwarding_target>, api::forwarding_key_hash> _forwarding;
    few_map<api::neighbour_key, std::optional<mac_address>, api::neighbour_key_hash> _neighbours;
};

}  // namespace waggle::control
