#include "control/gossip/memberlist/broadcast_queue.hh"

#include <cmath>
#include <utility>

namespace waggle::gossip {

unsigned retransmit_limit(unsigned multiplier, std::size_t nodes) {
    return multiplier * static_cast<unsigned>(std::ceil(std::log10(static_cast<double>(nodes + 1))));
}

void broadcast_queue::push(std::string_view key, bytes message) {
    if (!key.empty()) erase(key);
    const position at{0, message.size(), _next_number++};
    _bytes += message.size();
    _waiting.insert(at);
    if (!key.empty()) _by_key.emplace(key, at);
    _entries.emplace(at.number, entry{std::string(key), std::move(message)});
}

bool broadcast_queue::erase(std::string_view key) {
    const auto found = _by_key.find(std::string(key));
    if (found == _by_key.end()) return false;
    drop(_waiting.find(found->second));
    return true;
}

bool broadcast_queue::contains(std::string_view key) const {
    return _by_key.contains(std::string(key));
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
        const auto found = _entries.find(at->number);
        used += overhead + at->size;
        position sent = *at;
        ++sent.transmissions;
        at = _waiting.erase(at);
        if (sent.transmissions >= transmit_limit) {
            out.push_back(std::move(found->second.message));
            _bytes -= sent.size;
            if (!found->second.key.empty()) _by_key.erase(found->second.key);
            _entries.erase(found);
        } else {
            out.push_back(found->second.message);
            again.push_back(sent);
        }
    }
    for (const position& sent : again) {
        _waiting.insert(sent);
        const std::string& key = _entries.at(sent.number).key;
        if (!key.empty()) _by_key.at(key) = sent;
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
    const auto found = _entries.find(at->number);
    if (!found->second.key.empty()) _by_key.erase(found->second.key);
    _bytes -= at->size;
    _entries.erase(found);
    _waiting.erase(at);
}

}  // namespace waggle::gossip
