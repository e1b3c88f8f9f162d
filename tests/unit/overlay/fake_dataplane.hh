#pragma once

#include <set>
#include <string>

#include "control/overlay/reconciler.hh"
#include "dataplane/api/delta.hh"
#include "dataplane/api/validate.hh"

namespace waggle::control {

/// The dataplane's end of the protocol in memory: checks, applies or refuses batches as the real one does.
struct fake_dataplane {
    std::uint64_t instance = 1;
    api::state state;
    /// Ports that can't be opened. One that is open with the same definition stays.
    std::set<std::string> broken;
    /// Refuse whatever comes.
    bool refuse_all = false;
    /// Whether refusals say which port they are about.
    bool names_ports = true;
    bool needs_snapshot = true;
    unsigned snapshots = 0;
    unsigned deltas = 0;
    unsigned refusals = 0;

    /// Empty: applied.
    std::string take(const reconciler::batch& batch) {
        std::string reason = try_to_apply(batch);
        needs_snapshot = !reason.empty();
        if (needs_snapshot) ++refusals;
        return reason;
    }
    std::set<std::string> open_ports() const {
        std::set<std::string> names;
        for (const auto& [name, port] : state.ports) names.insert(name);
        return names;
    }
    void restart() {
        ++instance;
        state = {};
    }

private:
    std::string try_to_apply(const reconciler::batch& batch) {
        api::state after = state;
        if (batch.snapshot) {
            ++snapshots;
            after = *batch.snapshot;
        } else {
            ++deltas;
            if (needs_snapshot) return "a snapshot is needed";
            if (auto fits = api::validate(state, batch.change); !fits) return fits.failure().message;
            api::apply(after, batch.change);
        }
        if (refuse_all) return "table full";
        if (auto closed = api::check(after); !closed) return closed.failure().message;
        for (const auto& [name, port] : after.ports) {
            auto open = state.ports.find(name);
            if (open != state.ports.end() && open->second == port) continue;
            if (broken.contains(name))
                return names_ports ? "port " + name + ": no such device" : "no such device";
        }
        state = std::move(after);
        return {};
    }
};

/// Delivers batches at once until the reconciler has nothing to send. False if it never ends.
inline bool settle(reconciler& one, fake_dataplane& dataplane, moment now) {
    for (int i = 0; i < 1000; ++i) {
        auto batch = one.next(now);
        if (!batch) return true;
        std::string reason = dataplane.take(*batch);
        if (reason.empty())
            one.acknowledged();
        else
            one.refused(reason, now);
    }
    return false;
}

inline void connect(reconciler& one, fake_dataplane& dataplane, moment now) {
    dataplane.needs_snapshot = true;
    one.connected(dataplane.instance, dataplane.open_ports(), now);
}

}  // namespace waggle::control
