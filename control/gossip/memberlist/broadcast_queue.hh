#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/hash_index.hh"
#include "common/slot_blocks.hh"
#include "control/gossip/core/bytes.hh"

namespace waggle::gossip {

/// How often a broadcast is sent among so many nodes: multiplier × ⌈log10(nodes + 1)⌉.
unsigned retransmit_limit(unsigned multiplier, std::size_t nodes);

/// Messages that wait to ride along in packets (memberlist's TransmitLimitedQueue): those sent least often
/// come first, among them the larger, among them the newer. A message leaves when it was sent as often as the
/// limit at that moment says. Every operation is O(log n).
class broadcast_queue {
public:
    /// Queues a message in place of a waiting one of the same key. An empty key replaces nothing.
    void push(std::string key, bytes message);
    /// Takes the waiting message of this key out; false if there is none.
    bool erase(std::string_view key);
    bool contains(std::string_view key) const;

    /// Appends to `out` what fits into `limit` bytes, each message at a cost of its size + overhead, and
    /// counts them as sent; what reaches `transmit_limit` transmissions is dropped. Returns the bytes used.
    std::size_t take(std::size_t overhead, std::size_t limit, unsigned transmit_limit,
                     std::vector<bytes>& out);

    /// Drops the messages sent most often until at most `count` are left.
    void prune(std::size_t count);
    void clear();
    std::size_t size() const { return _waiting.size(); }
    bool empty() const { return _waiting.empty(); }
    /// Of all waiting messages.
    std::size_t bytes_waiting() const { return _bytes; }

private:
    struct entry {
        std::string key;
        bytes message;
        unsigned transmissions = 0;
        /// In the order of arrival.
        std::uint64_t number = 0;
    };
    /// In the order in which messages are sent.
    struct position {
        unsigned transmissions;
        std::size_t size;
        std::uint64_t number;
        /// Of the entry.
        std::uint32_t slot = 0;
        friend bool operator<(const position& a, const position& b) {
            if (a.transmissions != b.transmissions) return a.transmissions < b.transmissions;
            if (a.size != b.size) return a.size > b.size;
            return a.number > b.number;
        }
    };
    static std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }
    const std::uint32_t* find(std::string_view key) const;
    position position_of(std::uint32_t slot) const;
    void drop(std::set<position>::iterator at);
    /// Its position is gone already.
    void drop_entry(std::uint32_t slot);

    std::uint64_t _next_number = 0;
    std::size_t _bytes = 0;
    std::set<position> _waiting;
    slot_blocks<entry> _entries;
    /// Slots of the entries that have a key.
    hash_index<std::uint32_t> _by_key;
};

}  // namespace waggle::gossip
