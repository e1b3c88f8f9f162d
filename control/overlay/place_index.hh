#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "control/gossip/networkdb/records.hh"
#include "control/overlay/owned_record.hh"

namespace waggle::control {

/// A place of the swarm with its key, as it stands in its network's table.
using swarm_place = std::map<std::string, owned_record<networkdb::peer_record>>::value_type;

/// An address and a MAC that a place had or has.
struct place_name {
    ip_address address;
    mac_address mac;
};
/// By network.
using touched_places = std::map<std::string, std::vector<place_name>>;

/// Places of one network by address and by MAC. It points to the places, which have to be taken out before
/// they change or go.
class place_index {
public:
    place_index() = default;
    place_index(const place_index&) = delete;
    place_index& operator=(const place_index&) = delete;
    place_index(place_index&&) = default;
    place_index& operator=(place_index&&) = default;

    void add(const swarm_place& one) {
        _by_address.insert(&one);
        _by_mac.insert(&one);
    }
    void remove(const swarm_place& one) {
        remove_from(_by_address, one);
        remove_from(_by_mac, one);
    }

    template <typename Function>
    void for_each_at(const ip_address& address, Function&& function) const {
        const auto [first, last] = _by_address.equal_range(address);
        for (auto at = first; at != last; ++at) function(**at);
    }
    template <typename Function>
    void for_each_with(const mac_address& mac, Function&& function) const {
        const auto [first, last] = _by_mac.equal_range(mac);
        for (auto at = first; at != last; ++at) function(**at);
    }

private:
    struct by_address {
        using is_transparent = void;
        static const ip_address& of(const swarm_place* one) { return one->second.record.address.address; }
        static const ip_address& of(const ip_address& ip) { return ip; }
    };
    struct by_mac {
        using is_transparent = void;
        static const mac_address& of(const swarm_place* one) { return one->second.record.mac; }
        static const mac_address& of(const mac_address& mac) { return mac; }
    };
    template <typename Name>
    struct hash : Name {
        std::size_t operator()(const auto& one) const noexcept {
            return std::hash<std::remove_cvref_t<decltype(Name::of(one))>>{}(Name::of(one));
        }
    };
    template <typename Name>
    struct equal : Name {
        bool operator()(const auto& a, const auto& b) const { return Name::of(a) == Name::of(b); }
    };
    template <typename Name>
    using places = std::unordered_multiset<const swarm_place*, hash<Name>, equal<Name>>;

    template <typename Places>
    static void remove_from(Places& from, const swarm_place& one) {
        const auto [first, last] = from.equal_range(&one);
        for (auto at = first; at != last; ++at)
            if (*at == &one) {
                from.erase(at);
                return;
            }
    }

    places<by_address> _by_address;
    places<by_mac> _by_mac;
};

}  // namespace waggle::control
