#include "control/gossip/memberlist/broadcast_queue.hh"

#include <cmath>
#include <utility>

namespace waggle::gossip {

unsigned retransmit_limit(unsigned multiplier, std::size_t nodes) {
    return multiplier * static_cast<unsigned>(std::ceil(std::log10(static_cast<double>(nodes + 1))));
}

void broadcast_queue::push(std::string key, bytes message) {
    if (!key.empty()) erase(key);
    _bytes += message.size();
    const std::uint32_t slot = _entries.emplace(entry{std::move(key), std::move(message), 0, _next_number++});
    _waiting.insert(position_of(slot));
    if (const std::string& named = _entries[slot].key; !named.empty()) _by_key.insert(hash_of(named), slot);
}

bool broadcast_queue::erase(std::string_view key) {
    const std::uint32_t* found = find(key);
    if (found == nullptr) return false;
    drop(_waiting.find(position_of(*found)));
    return true;
}

bool broadcast_queue::contains(std::string_view key) const {
    return find(key) != nullptr;
}

const std::uint32_t* broadcast_queue::find(std::string_view key) const {
    return _by_key.find(hash_of(key), [&](std::uint32_t slot) { return _entries[slot].key == key; });
}

broadcast_queue::position broadcast_queue::position_of(std::uint32_t slot) const {
    const entry& one = _entries[slot];
    return {one.transmissions, one.message.size(), one.number, slot};
}

std::size_t broadcast_queue::take(std::size_t overhead, std::size_t limit, unsigned transmit_limit,
                                  std::vector<bytes>& out) {
    std::size_t used = 0;
    std::vector<position> again;
    auto at = _waiting.begin();
    while (at != _waiting.end() && used + overhead < limit) {
        const std::size_t room = limit - used - overhead;
        if (at->size > room) {
            // The first of this many transmissions that fits, or the next number of transmissions.
            at = _waiting.lower_bound(position{at->transmissions, room, ~std::uint64_t{0}});
            continue;
        }
        used += overhead + at->size;
        position sent = *at;
        ++sent.transmissions;
        at = _waiting.erase(at);
        bytes& message = _entries[sent.slot].message;
        if (sent.transmissions >= transmit_limit) {
            _bytes -= sent.size;
            out.push_back(std::move(message));
            drop_entry(sent.slot);
        } else {
            out.push_back(message);
            again.push_back(sent);
        }
    }
    for (const position& sent : again) {
        _entries[sent.slot].transmissions = sent.transmissions;
        _waiting.insert(sent);
    }
    return used;
}

void broadcast_queue::prune(std::size_t count) {
    while (_waiting.size() > count) drop(std::prev(_waiting.end()));
}

void broadcast_queue::clear() {
    _waiting.clear();
    _entries.clear();
    _by_key.clear();
    _bytes = 0;
}

void broadcast_queue::drop(std::set<position>::iterator at) {
    _bytes -= at->size;
    drop_entry(at->slot);
    _waiting.erase(at);
}

void broadcast_queue::drop_entry(std::uint32_t slot) {
    if (const std::string& key = _entries[slot].key; !key.empty()) _by_key.erase(hash_of(key), slot);
    _entries.erase(slot);
}

}  // namespace waggle::gossip
