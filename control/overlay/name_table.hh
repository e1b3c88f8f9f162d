#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/dense_map.hh"
#include "common/hash_index.hh"
#include "common/shared_text.hh"
#include "common/slot_blocks.hh"
#include "control/gossip/networkdb/messages.hh"
#include "control/gossip/networkdb/packed_key.hh"
#include "control/gossip/networkdb/records.hh"
#include "control/moment.hh"

namespace waggle::control {

/// How an endpoint is called: an entry of endpoint_table, decoded when somebody asks, as the texts of a
/// decoded one take many times the room.
class told_name {
public:
    std::string key() const { return _key.text(); }
    const std::string& owner() const { return _owner->first; }
    networkdb::lamport_time time() const { return _time; }
    /// Shared with the gossip's own table.
    std::string_view value() const { return _value; }
    networkdb::endpoint_record record() const { return *networkdb::decode_endpoint_record(value()); }
    /// The owner is being replaced by its next life, which most likely tells the same in a moment.
    bool lingers() const { return _lingers; }

private:
    friend class name_table;
    friend class slot_blocks<told_name>;
    /// With the number of its names.
    using counted_owner = std::pair<const std::string, std::uint32_t>;
    told_name(networkdb::packed_key key, counted_owner* owner, networkdb::lamport_time time,
              shared_text value);

    counted_owner* _owner;
    networkdb::lamport_time _time;
    shared_text _value;
    networkdb::packed_key _key;
    bool _lingers = false;
};

static_assert(sizeof(told_name) == 64, "a swarm has many");

/// The names of one network by their keys, which are those of the endpoints' places.
class name_table {
public:
    name_table() = default;
    name_table(const name_table&) = delete;
    name_table& operator=(const name_table&) = delete;
    name_table(name_table&&) = default;
    name_table& operator=(name_table&&) = default;

    /// Null if there is none. Valid until it is erased.
    const told_name* find(std::string_view key) const;
    /// Preconditions: there is none of this key; decode_endpoint_record() takes the value.
    void add(std::string_view key, const std::string& owner, networkdb::lamport_time time, shared_text value);
    void erase(const told_name& one);
    /// Until then it counts less than others.
    void linger(const told_name& one, moment until);
    /// Erases those that lingered for long enough.
    void end_lingering(moment now);
    std::size_t size() const { return _names.size(); }
    bool empty() const { return size() == 0; }

private:
    using names = slot_blocks<told_name>;
    std::uint32_t number_of(const networkdb::packed_key& key) const;

    names _names;
    hash_index<std::uint32_t> _by_key;
    dense_map<std::string, std::uint32_t> _owners;
    /// Numbers of the few that linger, and for how long.
    dense_map<std::uint32_t, moment> _lingering;
};

}  // namespace waggle::control
