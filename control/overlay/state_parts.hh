#pragma once

#include <memory>
#include <set>
#include <string>

#include "dataplane/api/state.hh"

namespace waggle::control {

/// Whole states are shared between the reconciler, the session that sends them and the views.
using shared_state = std::shared_ptr<const api::state>;
/// A state that its holder may still change.
using changing_state = std::shared_ptr<api::state>;

/// `whole` without the named ports and what hangs on them: forwarding entries that point to them and the
/// neighbours behind those. A port that `fallback` has on the same overlay stays as it is there, with what
/// hangs on it: a change that was refused must not take away what worked before. `fallback` may be null.
changing_state without_ports(const shared_state& whole, const std::set<std::string>& ports,
                             const shared_state& fallback);

/// `whole` and in addition the named ports as `previous` has them, with their overlays: a TAP stays until the
/// container links over it are gone.
changing_state with_ports_of(const changing_state& whole, const std::set<std::string>& ports,
                             const api::state& previous);

}  // namespace waggle::control
