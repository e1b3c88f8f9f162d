#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/result.hh"
#include "dataplane/api/delta.hh"
#include "dataplane/api/state_sink.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

/// Most things that one snapshot or delta may bring: bounds what an owner can make us hold.
inline constexpr std::size_t most_entries = 16 << 20;

/// The verdict on one generation.
struct change_verdict {
    std::uint64_t generation = 0;
    result<void> outcome;
};

/// Puts an owner's messages together to whole changes and hands them on: one per owner session. Nothing of
/// a change that is not complete ever reaches the sink.
class change_receiver {
public:
    /// `applied_generation` is what is in force, kept up to date; both outlive the receiver.
    change_receiver(state_sink& sink, std::uint64_t& applied_generation)
        : _sink(sink), _applied_generation(applied_generation) {}

    /// Each of these gives: an error, if the message is out of place and the session is to be closed; a
    /// verdict, if it was the last of a generation; or nothing.
    using outcome = result<std::optional<change_verdict>>;
    outcome receive(const wire::SnapshotBegin& message);
    outcome receive_part(const wire::Entries& message);
    outcome receive(const wire::SnapshotEnd& message);
    outcome receive(const wire::Delta& message);

private:
    result<void> stage(const wire::Entries& part);
    result<void> stage(const wire::Delta& part);
    result<void> finish_snapshot(std::uint64_t generation);
    result<void> finish_delta();

    state_sink& _sink;
    std::uint64_t& _applied_generation;
    bool _had_snapshot = false;
    /// Present between begin and end.
    std::unique_ptr<tracked_state> _snapshot;
    struct open_delta {
        std::uint64_t generation;
        std::uint64_t base;
        delta change;
    };
    std::optional<open_delta> _delta;
    /// Why what is being received will be refused; the first reason counts.
    result<void> _fault;
    std::size_t _entries = 0;
};

}  // namespace waggle::api
