#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/gossip/networkdb/network_db.hh"
#include "control/gossip/networkdb/records.hh"
#include "control/moment.hh"
#include "control/overlay/name_table.hh"
#include "control/overlay/owned_record.hh"
#include "control/overlay/place_table.hh"

namespace waggle::control {

/// What the gossip tells of one network, by key.
struct network_records {
    place_table places;
    name_table names;
    std::map<std::string, owned_record<networkdb::host_record>> hosts;
    std::map<std::string, owned_record<networkdb::claim_record>> claims;
};

/// Addresses and MACs of places, by network.
using touched_places = std::map<std::string, std::vector<place_name>>;

/// What changed in the tables, as far as it matters for forwarding.
enum class table_news : std::uint8_t {
    nothing,
    /// Only what endpoints are called, which forwarding does not depend on.
    names,
    /// Places, maybe names with them: take_touched() tells which.
    places,
    /// Hosts, which bring VTEPs and keys, or claims of addresses.
    others,
};

/// The decoded entries of all networks that this host takes part in, its own left out. The content depends on
/// the entries only, not on the order in which they changed.
class swarm_tables {
public:
    /// How long what a host told stays when the host comes back under another name.
    static constexpr std::chrono::seconds grace{10};
    static constexpr unsigned messages_per_minute = 10;

    explicit swarm_tables(std::string own_name) : _own_name(std::move(own_name)) {}

    table_news apply(const networkdb::entry_change& change, moment now);
    /// Ends what lingers for too long.
    table_news advance(moment now);
    /// When advance() has something to do.
    std::optional<moment> wake_at() const;

    const std::map<std::string, network_records>& networks() const { return _networks; }
    /// Records that were refused as they make no sense.
    std::uint64_t refused() const { return _refused; }
    /// Lines about refused records, with their owners; at most so many a minute.
    std::vector<std::string> take_messages();
    /// Addresses and MACs of the places that changed since the last call, before and after, by network.
    touched_places take_touched() { return std::exchange(_touched, {}); }

private:
    template <typename Record, typename Decode>
    bool put(std::map<std::string, owned_record<Record>>& table, const networkdb::entry_change& change,
             moment now, Decode decode);
    bool put_place(network_records& in, const networkdb::entry_change& change, moment now);
    bool put_name(network_records& in, const networkdb::entry_change& change, moment now);
    void refuse(const networkdb::entry_change& change, const std::string& reason, moment now);

    std::string _own_name;
    std::map<std::string, network_records> _networks;
    std::multiset<moment> _lingering;
    touched_places _touched;
    std::uint64_t _refused = 0;
    std::uint64_t _unsaid = 0;
    moment _minute_began{};
    unsigned _said_this_minute = 0;
    std::vector<std::string> _messages;
};

}  // namespace waggle::control
