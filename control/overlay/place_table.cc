#include "control/overlay/place_table.hh"

namespace waggle::control {

std::uint32_t place_table::number_of(const networkdb::packed_key& key) const {
    const std::uint32_t* found =
        _by_key.find(key.hash(), [&](std::uint32_t number) { return _places[number]._key == key; });
    return found != nullptr ? *found : places::none;
}

const swarm_place* place_table::find(std::string_view key) const {
    const std::uint32_t number = number_of(networkdb::packed_key(key));
    return number != places::none ? &_places[number] : nullptr;
}

const swarm_place& place_table::add(std::string_view key, const std::string& owner,
                                    networkdb::lamport_time time, const networkdb::peer_record& record) {
    auto counted = _owners.try_emplace({owner, record.vtep, record.address.length}).first;
    ++counted->second;
    const std::uint32_t number = _places.emplace(networkdb::packed_key(key), &*counted, time, record);
    const swarm_place& made = _places[number];
    _by_key.insert(made._key.hash(), number);
    _by_address.insert(std::hash<ip_address>{}(made._address), number);
    _by_mac.insert(std::hash<mac_address>{}(made._mac), number);
    return made;
}

void place_table::erase(const swarm_place& one) {
    const std::uint32_t number = number_of(one._key);
    _by_key.erase(one._key.hash(), number);
    _by_address.erase(std::hash<ip_address>{}(one._address), number);
    _by_mac.erase(std::hash<mac_address>{}(one._mac), number);
    if (one._lingers) _lingering.erase(number);
    if (--one._owner->second == 0) _owners.erase(one._owner->first);
    _places.erase(number);
}

void place_table::linger(const swarm_place& one, moment until) {
    const std::uint32_t number = number_of(one._key);
    _places[number]._lingers = true;
    _lingering.insert_or_assign(number, until);
}

std::vector<const swarm_place*> place_table::lingered_until(moment now) const {
    std::vector<const swarm_place*> over;
    for (const auto& [number, until] : _lingering)
        if (until <= now) over.push_back(&_places[number]);
    return over;
}

}  // namespace waggle::control
