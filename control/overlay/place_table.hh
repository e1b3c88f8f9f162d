#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/dense_map.hh"
#include "common/hash_index.hh"
#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "common/slot_blocks.hh"
#include "control/gossip/networkdb/messages.hh"
#include "control/gossip/networkdb/packed_key.hh"
#include "control/gossip/networkdb/records.hh"
#include "control/moment.hh"

namespace waggle::control {

/// What the places of a host have in common.
struct place_owner {
    /// Its name in the gossip.
    std::string name;
    ip_address vtep;
    unsigned prefix_length = 0;
    friend bool operator==(const place_owner&, const place_owner&) = default;
};
struct place_owner_hash {
    std::size_t operator()(const place_owner& one) const noexcept {
        return std::hash<std::string>{}(one.name) ^ std::hash<ip_address>{}(one.vtep) * 31 ^
               one.prefix_length;
    }
};

/// A place of the swarm: a decoded entry of overlay_peer_table.
class swarm_place {
public:
    std::string key() const { return _key.text(); }
    const std::string& owner() const { return _owner->first.name; }
    networkdb::lamport_time time() const { return _time; }
    const ip_address& address() const { return _address; }
    const mac_address& mac() const { return _mac; }
    const ip_address& vtep() const { return _owner->first.vtep; }
    networkdb::peer_record record() const {
        return {{_address, _owner->first.prefix_length}, _mac, _owner->first.vtep};
    }
    /// The owner is being replaced by its next life, which most likely tells the same in a moment.
    bool lingers() const { return _lingers; }

    /// Of two places for one thing: the later one counts, of two at one time that with the smaller key; what
    /// lingers of a former life counts least.
    friend bool counts_more(const swarm_place& a, const swarm_place& b) {
        if (a._lingers != b._lingers) return b._lingers;
        return a._time != b._time ? a._time > b._time : a._key < b._key;
    }

private:
    friend class place_table;
    friend class slot_blocks<swarm_place>;
    /// With the number of its places.
    using counted_owner = std::pair<const place_owner, std::uint32_t>;
    swarm_place(networkdb::packed_key key, counted_owner* owner, networkdb::lamport_time time,
                const networkdb::peer_record& record)
        : _owner(owner),
          _time(time),
          _key(std::move(key)),
          _lingers(false),
          _mac(record.mac),
          _address(record.address.address) {}

    counted_owner* _owner;
    networkdb::lamport_time _time;
    networkdb::packed_key _key;
    bool _lingers;
    mac_address _mac;
    ip_address _address;
};

static_assert(sizeof(swarm_place) == 72, "a swarm has many");

/// An address and a MAC that a place had or has.
struct place_name {
    ip_address address;
    mac_address mac;
};

/// The places of one network, by key and by what two of them can quarrel about.
class place_table {
public:
    place_table() = default;
    place_table(const place_table&) = delete;
    place_table& operator=(const place_table&) = delete;
    place_table(place_table&&) = default;
    place_table& operator=(place_table&&) = default;

    /// Null if there is none. Valid until it is erased.
    const swarm_place* find(std::string_view key) const;
    /// Precondition: there is none of this key. One that changes is erased and added.
    const swarm_place& add(std::string_view key, const std::string& owner, networkdb::lamport_time time,
                           const networkdb::peer_record& record);
    void erase(const swarm_place& one);
    /// Until then it counts less than others.
    void linger(const swarm_place& one, moment until);
    /// Those that lingered for long enough.
    std::vector<const swarm_place*> lingered_until(moment now) const;

    std::size_t size() const { return _places.size(); }
    bool empty() const { return size() == 0; }
    /// In no order that means anything.
    template <typename Function>
    void for_each(Function&& function) const {
        for (std::uint32_t at = _places.next(0); at != places::none; at = _places.next(at + 1))
            function(_places[at]);
    }
    template <typename Function>
    void for_each_at(const ip_address& address, Function&& function) const {
        _by_address.find(std::hash<ip_address>{}(address), [&](std::uint32_t number) {
            if (_places[number].address() == address) function(_places[number]);
            return false;
        });
    }
    template <typename Function>
    void for_each_with(const mac_address& mac, Function&& function) const {
        _by_mac.find(std::hash<mac_address>{}(mac), [&](std::uint32_t number) {
            if (_places[number].mac() == mac) function(_places[number]);
            return false;
        });
    }
    template <typename Function>
    void for_each_owner(Function&& function) const {
        for (const auto& [owner, count] : _owners) function(owner);
    }

private:
    using places = slot_blocks<swarm_place>;

    std::uint32_t number_of(const networkdb::packed_key& key) const;

    places _places;
    hash_index<std::uint32_t> _by_key;
    hash_index<std::uint32_t> _by_address;
    hash_index<std::uint32_t> _by_mac;
    dense_map<place_owner, std::uint32_t, place_owner_hash> _owners;
    /// Numbers of the few that linger, and for how long.
    dense_map<std::uint32_t, moment> _lingering;
};

}  // namespace waggle::control
