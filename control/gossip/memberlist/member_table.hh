#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "control/gossip/core/random.hh"
#include "control/gossip/memberlist/member.hh"
#include "control/gossip/memberlist/suspicion.hh"

namespace waggle::gossip {

/// A member with what the own host thinks of it.
struct listed_member {
    member who;
    /// Present while it is suspected by us.
    std::optional<suspicion> suspected;
    /// Tells its suspicion's timer from those of others with the same deadline.
    std::uint64_t suspicion_number = 0;
};

/// All members by name, and in the order in which they are probed. Pointers stay valid until the member is
/// purged.
class member_table {
public:
    listed_member* find(std::string_view name);
    const listed_member* find(std::string_view name) const;
    /// Precondition: the name is not listed. At a random place in the order, so that a new member is probed
    /// after half a round on average.
    listed_member& add(member who, random_source& random);

    std::size_t size() const { return _order.size(); }
    const std::vector<listed_member*>& order() const { return _order; }

    /// Forgets those but `self` that are dead or left since before `oldest` and puts the others into a new
    /// order.
    void purge_and_shuffle(const listed_member& self, time_point oldest, random_source& random);

    /// Up to `count` different members that `wanted` takes, at random.
    template <typename Wanted>
    std::vector<listed_member*> choose(std::size_t count, random_source& random, const Wanted& wanted) const {
        std::vector<listed_member*> chosen;
        if (_order.empty()) return chosen;
        // Like stock: misses are tried again, but not for ever.
        for (std::size_t tries = 0; tries < 3 * _order.size() && chosen.size() < count; ++tries) {
            listed_member* const one = _order[random.below(_order.size())];
            bool again = !wanted(one->who);
            for (const listed_member* other : chosen) again = again || other == one;
            if (!again) chosen.push_back(one);
        }
        return chosen;
    }

private:
    /// The keys look into the members' names.
    std::unordered_map<std::string_view, std::unique_ptr<listed_member>> _by_name;
    std::vector<listed_member*> _order;
};

}  // namespace waggle::gossip
