#include "dataplane/api/change_receiver.hh"

#include <algorithm>
#include <utility>

#include "dataplane/api/codec.hh"

namespace waggle::api {

namespace {

std::size_t size_of(const delta::upsert_lists& lists) {
    return lists.ports.size() + lists.overlays.size() + lists.vteps.size() + lists.members.size() +
           lists.forwarding.size() + lists.neighbours.size() + lists.associations.size();
}

error too_many() {
    return error{"more than " + std::to_string(most_entries) + " entries in one change"};
}

}  // namespace

change_receiver::outcome change_receiver::receive(const wire::SnapshotBegin& message) {
    if (_snapshot) return error{"a snapshot began inside a snapshot"};
    if (_delta) return error{"a snapshot began inside a delta"};
    _snapshot = std::make_unique<tracked_state>();
    _fault = {};
    _entries = 0;
    // Only hints: what they claim is not given before it comes.
    constexpr std::uint64_t most_at_once = 1 << 20;
    _snapshot->reserve(std::min<std::uint64_t>(message.forwarding(), most_at_once),
                       std::min<std::uint64_t>(message.neighbours(), most_at_once));
    return std::optional<change_verdict>{};
}

change_receiver::outcome change_receiver::receive_part(const wire::Entries& message) {
    if (!_snapshot) return error{"a part of a snapshot came without its begin"};
    if (_fault) _fault = stage(message);
    return std::optional<change_verdict>{};
}

change_receiver::outcome change_receiver::receive(const wire::SnapshotEnd& message) {
    if (!_snapshot) return error{"the end of a snapshot came without its begin"};
    if (_fault) _fault = finish_snapshot(message.generation());
    _snapshot.reset();
    return std::optional(change_verdict{message.generation(), std::exchange(_fault, {})});
}

change_receiver::outcome change_receiver::receive(const wire::Delta& message) {
    if (_snapshot) return error{"a delta came inside a snapshot"};
    if (!_delta) {
        _delta.emplace(open_delta{message.generation(), message.base(), {}});
        _fault = {};
        _entries = 0;
    } else if (_delta->generation != message.generation() || _delta->base != message.base()) {
        return error{"a delta of generation " + std::to_string(message.generation()) +
                     " came inside the one of generation " + std::to_string(_delta->generation)};
    }
    if (_fault) _fault = stage(message);
    if (message.more()) return std::optional<change_verdict>{};
    if (_fault) _fault = finish_delta();
    _delta.reset();
    return std::optional(change_verdict{message.generation(), std::exchange(_fault, {})});
}

result<void> change_receiver::stage(const wire::Entries& part) {
    delta::upsert_lists lists;
    if (auto decoded = decode(part, lists); !decoded) return decoded;
    _entries += size_of(lists);
    if (_entries > most_entries) return too_many();
    return _snapshot->add(lists);
}

result<void> change_receiver::stage(const wire::Delta& part) {
    if (auto decoded = decode(part.upserts(), _delta->change.upserts); !decoded) return decoded;
    if (auto decoded = decode(part.removals(), _delta->change.removals); !decoded) return decoded;
    if (_delta->change.size() > most_entries) return too_many();
    return {};
}

result<void> change_receiver::finish_snapshot(std::uint64_t generation) {
    if (generation <= _applied_generation)
        return error{"generation " + std::to_string(_applied_generation) + " is in force; " +
                     std::to_string(generation) + " is not above it"};
    if (auto closed = _snapshot->check_closed(); !closed) return closed;
    if (auto replaced = _sink.replace(std::move(_snapshot)); !replaced) return replaced;
    _applied_generation = generation;
    _had_snapshot = true;
    return {};
}

result<void> change_receiver::finish_delta() {
    if (!_had_snapshot) return error{"a session's first change must be a snapshot"};
    if (_delta->base != _applied_generation || _delta->generation <= _applied_generation)
        return error{"generation " + std::to_string(_applied_generation) + " is in force, not " +
                     std::to_string(_delta->base) + ", which this change is relative to; send a snapshot"};
    if (auto applied = _sink.apply(_delta->change); !applied) return applied;
    _applied_generation = _delta->generation;
    return {};
}

}  // namespace waggle::api
