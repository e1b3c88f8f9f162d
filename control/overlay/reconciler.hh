#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/overlay/entry_changes.hh"
#include "control/overlay/port_faults.hh"
#include "control/overlay/state_parts.hh"
#include "dataplane/api/delta.hh"

namespace waggle::control {

/// Keeps the dataplane equal to the desired state: a snapshot on every new connection, differences after it,
/// one batch in flight. A pure state machine: events go in with the time they happened, next() says what to
/// send, wake_at() when to ask again.
///
/// A refused batch is never repeated as it is. The port that it is about is left out with what hangs on it
/// and tried again with growing pauses; if the refusal names no port, halves of the new ports are tried until
/// it is found. A refusal that is not about a port is tried again when the desired state changes, and
/// otherwise with growing pauses.
class reconciler {
public:
    static constexpr std::chrono::seconds first_pause{1};
    static constexpr std::chrono::seconds longest_pause{60};

    /// A batch to send: a snapshot of everything, or a change of what was sent before.
    struct batch {
        /// Null: it is a change.
        shared_state snapshot;
        api::delta change;
    };
    struct message {
        bool problem = false;
        std::string text;
    };

    /// The reconciler is the only one to change `desired` from here on.
    void desire(changing_state desired, moment now);
    /// Changes forwarding and neighbour entries of the desired state, at the cost of the change: neither the
    /// whole state nor what is in force is looked through for it, unless ports are left out or a snapshot is
    /// on its way. The references of the state stay closed.
    void amend(const api::delta& entries, moment now);
    /// A connection to the dataplane `instance`. `open_ports`: access ports that it has open from an earlier
    /// owner; they are not suspected when the snapshot is refused.
    void connected(std::uint64_t instance, std::set<std::string> open_ports, moment now);
    void disconnected();
    /// The batch in flight is in force. False if it was about forwarding and neighbour entries only.
    bool acknowledged();
    /// Nothing of the batch in flight was applied.
    void refused(const std::string& reason, moment now);

    /// What is to be sent now, if anything; it counts as in flight from here on. Ask after every event.
    std::optional<batch> next(moment now);
    /// When next() may have something without another event.
    std::optional<moment> wake_at() const;
    /// What the operator should read, since the last call.
    std::vector<message> take_messages();

    bool is_connected() const { return _connected; }
    bool is_in_flight() const { return _in_flight.has_value(); }
    /// What is in force as far as is known; null after a (re)connection until the first acknowledgement, and
    /// while there is no connection. Its forwarding and neighbour entries may be ahead by what amend()
    /// changed.
    shared_state in_force() const { return _in_force; }
    /// The same to the last entry; costs a copy while it is ahead.
    shared_state exactly_in_force() const;
    /// Null before the first desire().
    shared_state desired() const { return _desired; }
    /// The port is in force as it is desired.
    bool port_in_force(const std::string& port) const;
    /// What the dataplane lacks, has too much or has differently; empty when all is well.
    api::delta diff() const;
    const std::map<std::string, port_faults::fault>& faults() const { return _faults.faults(); }
    /// Why the dataplane refuses the whole; empty while it does not.
    std::string refusal() const { return _refusal ? _refusal->reason : std::string(); }

private:
    struct flight {
        changing_state target;
        /// New or changed ports in it: whom a refusal may be about.
        std::vector<std::string> suspects;
        /// One of the groups that a search tries.
        bool searching = false;
        /// The session reads the target until it is acknowledged.
        bool is_snapshot = false;
        /// The change, if what is in force and the target are one state.
        entry_changes changes;
    };
    struct whole_refusal {
        std::string reason;
        std::chrono::seconds pause{};
        moment refused_at;
        moment retry_at;
    };

    std::vector<std::string> suspects_in(const api::state& target) const;
    void blame(const std::string& port, const std::string& reason, const api::state& target, moment now);
    void refuse_whole(const std::string& reason, moment now);
    void retry_soon(moment now);

    bool _connected = false;
    std::optional<std::uint64_t> _instance;
    changing_state _desired;
    /// One state with _desired as long as amend() alone changes it.
    changing_state _in_force;
    std::optional<flight> _in_flight;
    /// By which the desired state is ahead of the one in flight, or if none is, of the one in force; only if
    /// it is one state with that.
    entry_changes _changes;
    /// A delta would be refused: nothing was sent on this connection yet, or the last batch was refused.
    bool _snapshot_needed = true;
    std::set<std::string> _open_ports;
    port_faults _faults;
    /// The next batch leaves out all held suspects, to see whether it is about ports at all.
    bool _probe_without_suspects = false;
    std::optional<whole_refusal> _refusal;
    std::vector<message> _messages;
};

}  // namespace waggle::control
