#include "control/overlay/name_table.hh"

namespace waggle::control {

told_name::told_name(networkdb::packed_key key, counted_owner* owner, networkdb::lamport_time time,
                     shared_text value)
    : _owner(owner), _time(time), _value(std::move(value)), _key(std::move(key)) {
}

std::uint32_t name_table::number_of(const networkdb::packed_key& key) const {
    const std::uint32_t* found =
        _by_key.find(key.hash(), [&](std::uint32_t number) { return _names[number]._key == key; });
    return found != nullptr ? *found : names::none;
}

const told_name* name_table::find(std::string_view key) const {
    const std::uint32_t number = number_of(networkdb::packed_key(key));
    return number != names::none ? &_names[number] : nullptr;
}

void name_table::add(std::string_view key, const std::string& owner, networkdb::lamport_time time,
                     shared_text value) {
    auto counted = _owners.try_emplace(owner).first;
    ++counted->second;
    const std::uint32_t number =
        _names.emplace(networkdb::packed_key(key), &*counted, time, std::move(value));
    _by_key.insert(_names[number]._key.hash(), number);
}

void name_table::erase(const told_name& one) {
    const std::uint32_t number = number_of(one._key);
    _by_key.erase(one._key.hash(), number);
    if (one._lingers) _lingering.erase(number);
    if (--one._owner->second == 0) _owners.erase(one._owner->first);
    _names.erase(number);
}

void name_table::linger(const told_name& one, moment until) {
    const std::uint32_t number = number_of(one._key);
    _names[number]._lingers = true;
    _lingering.insert_or_assign(number, until);
}

void name_table::end_lingering(moment now) {
    std::vector<const told_name*> over;
    for (const auto& [number, until] : _lingering)
        if (until <= now) over.push_back(&_names[number]);
    for (const told_name* each : over) erase(*each);
}

}  // namespace waggle::control
