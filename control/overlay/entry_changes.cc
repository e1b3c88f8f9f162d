#include "control/overlay/entry_changes.hh"

#include <utility>

namespace waggle::control {
namespace {

template <typename Noted, typename Map, typename Key>
void note_one(Noted& noted, const Map& before, const Key& key) {
    const auto [at, fresh] = noted.try_emplace(key);
    if (!fresh) return;
    if (const auto found = before.find(key); found != before.end()) *at = found->second;
}

template <typename Noted, typename Map, typename Upserts, typename Removals>
void add_changes(const Noted& noted, const Map& now, Upserts& upserts, Removals& removals) {
    for (const auto& [key, before] : noted) {
        const auto found = now.find(key);
        if (found == now.end()) {
            if (before) removals.push_back(key);
        } else if (!before || *before != found->second) {
            upserts.emplace_back(key, found->second);
        }
    }
}

template <typename Noted, typename Map>
void restore(const Noted& noted, Map& entries) {
    for (const auto& [key, before] : noted) {
        if (before)
            entries.insert_or_assign(key, *before);
        else
            entries.erase(key);
    }
}

}  // namespace

void entry_changes::note(const api::state& before, const api::delta& change) {
    for (const auto& [key, target] : change.upserts.forwarding) note_one(_forwarding, before.forwarding, key);
    for (const auto& key : change.removals.forwarding) note_one(_forwarding, before.forwarding, key);
    for (const auto& [key, mac] : change.upserts.neighbours) note_one(_neighbours, before.neighbours, key);
    for (const auto& key : change.removals.neighbours) note_one(_neighbours, before.neighbours, key);
}

void entry_changes::put_before(entry_changes earlier) {
    for (auto& [key, before] : _forwarding) earlier._forwarding.try_emplace(key, std::move(before));
    for (const auto& [key, before] : _neighbours) earlier._neighbours.try_emplace(key, before);
    *this = std::move(earlier);
}

api::delta entry_changes::until(const api::state& now) const {
    api::delta change;
    add_changes(_forwarding, now.forwarding, change.upserts.forwarding, change.removals.forwarding);
    add_changes(_neighbours, now.neighbours, change.upserts.neighbours, change.removals.neighbours);
    return change;
}

void entry_changes::undo(api::state& state) const {
    restore(_forwarding, state.forwarding);
    restore(_neighbours, state.neighbours);
}

void entry_changes::clear() {
    _forwarding.clear();
    _neighbours.clear();
}

}  // namespace waggle::control
