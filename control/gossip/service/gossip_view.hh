#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace waggle::gossip {

/// A host of the gossip as operators see it.
struct member_view {
    std::string name;
    std::string address;
    std::string state;
    std::uint32_t incarnation = 0;
    /// Seconds since it was last heard of; -1 if never directly.
    std::int64_t heard_seconds_ago = -1;
};

/// How this host's gossip is doing.
struct gossip_view {
    /// Present if it could not be asked; then nothing else is.
    std::string problem;
    std::string name;
    std::string address;
    /// False while there are seeds and nobody is known.
    bool connected = false;
    std::vector<std::string> seeds;
    /// Fingerprints, the key that seals first.
    std::vector<std::string> keys;
    std::uint64_t network_clock = 0;
    std::uint64_t table_clock = 0;
    std::size_t broadcasts_waiting = 0;
    std::size_t events_waiting = 0;
    unsigned awareness = 0;
    /// Sealed, on the wire, since the start; per second since the look before this one.
    std::uint64_t messages_received = 0;
    std::uint64_t messages_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    double messages_received_rate = 0;
    double messages_sent_rate = 0;
    double bytes_received_rate = 0;
    double bytes_sent_rate = 0;
    std::uint64_t wrong_key = 0;
    std::uint64_t not_sealed = 0;
    std::uint64_t malformed = 0;
    std::uint64_t probes_failed = 0;
    std::uint64_t refutations = 0;
    std::vector<member_view> members;
};

}  // namespace waggle::gossip
