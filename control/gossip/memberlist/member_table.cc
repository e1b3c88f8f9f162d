#include "control/gossip/memberlist/member_table.hh"

#include <algorithm>
#include <utility>

namespace waggle::gossip {

listed_member* member_table::find(std::string_view name) {
    const auto found = _by_name.find(name);
    return found == _by_name.end() ? nullptr : found->second.get();
}

const listed_member* member_table::find(std::string_view name) const {
    const auto found = _by_name.find(name);
    return found == _by_name.end() ? nullptr : found->second.get();
}

listed_member& member_table::add(member who, random_source& random) {
    auto made = std::make_unique<listed_member>();
    made->who = std::move(who);
    listed_member& added = *made;
    _by_name.emplace(std::string_view(added.who.name), std::move(made));
    _order.push_back(&added);
    std::swap(_order.back(), _order[random.below(_order.size())]);
    return added;
}

void member_table::purge_and_shuffle(const listed_member& self, time_point oldest, random_source& random) {
    std::erase_if(_order, [&](const listed_member* one) {
        // The own host stays, also long after it left.
        if (one == &self || one->who.present() || one->who.state_since > oldest) return false;
        _by_name.erase(std::string_view(one->who.name));
        return true;
    });
    random.shuffle(_order.begin(), _order.end());
}

}  // namespace waggle::gossip
