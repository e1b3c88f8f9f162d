#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What NetworkDB nodes tell each other, as plain values. Bytes are held in std::string.
namespace waggle::networkdb {

/// A moment of a Lamport clock.
using lamport_time = std::uint64_t;

enum class message_type : std::uint32_t {
    network_event = 1,
    table_event = 2,
    push_pull = 3,
    bulk_sync = 4,
    compound = 5,
    node_event = 6,
};

/// Every message stands in one: what it is, and its bytes.
struct envelope {
    message_type type = message_type::compound;
    std::string data;
};

enum class membership_change : std::uint32_t { join = 1, leave = 2 };
enum class table_change : std::uint32_t { create = 1, update = 2, remove = 3 };

/// A node comes or goes by its own will.
struct node_event {
    membership_change change = membership_change::join;
    lamport_time time = 0;
    std::string node;
    friend bool operator==(const node_event&, const node_event&) = default;
};

/// A node joins or leaves a network.
struct network_event {
    membership_change change = membership_change::join;
    lamport_time time = 0;
    std::string node;
    std::string network;
    friend bool operator==(const network_event&, const network_event&) = default;
};

/// All (node, network) pairs that the sender knows; the user state of memberlist's push/pull.
struct push_pull {
    lamport_time time = 0;
    std::string sender;
    /// `change` is leave for a node that is about to leave or has left.
    std::vector<network_event> networks;
    friend bool operator==(const push_pull&, const push_pull&) = default;
};

struct table_event {
    table_change change = table_change::create;
    lamport_time time = 0;
    std::string owner;
    std::string network;
    std::string table;
    std::string key;
    std::string value;
    /// Seconds that an entry without a live owner is still remembered; 0 for others.
    std::int32_t residual_reap_time = 0;
    friend bool operator==(const table_event&, const table_event&) = default;
};

/// All entries of the networks that sender and receiver have in common.
struct bulk_sync {
    lamport_time time = 0;
    /// True: the receiver shall answer with its own entries.
    bool unsolicited = false;
    std::string sender;
    std::vector<std::string> networks;
    /// An envelope of type compound.
    std::string payload;
    friend bool operator==(const bulk_sync&, const bulk_sync&) = default;
};

}  // namespace waggle::networkdb
