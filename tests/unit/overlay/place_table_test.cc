#include "control/overlay/place_table.hh"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

struct known_place {
    std::string owner;
    networkdb::lamport_time time = 0;
    networkdb::peer_record record;
    std::optional<moment> lingers_until;
    friend bool operator==(const known_place&, const known_place&) = default;
};
using known_places = std::map<std::string, known_place>;

/// What was found, by key; each once.
class found_places {
public:
    void operator()(const swarm_place& one) {
        EXPECT_TRUE(_found.emplace(one.key()).second) << one.key() << " twice";
    }
    std::set<std::string> take() { return std::move(_found); }

private:
    std::set<std::string> _found;
};

void expect_equal(const place_table& table, const known_places& model) {
    ASSERT_EQ(table.size(), model.size());
    for (const auto& [key, expected] : model) {
        const swarm_place* found = table.find(key);
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->key(), key);
        EXPECT_EQ(found->owner(), expected.owner);
        EXPECT_EQ(found->time(), expected.time);
        EXPECT_EQ(found->record(), expected.record);
        EXPECT_EQ(found->lingers(), expected.lingers_until.has_value());
        std::set<std::string> there;
        std::set<std::string> with;
        for (const auto& [other, place] : model) {
            if (place.record.address.address == expected.record.address.address) there.insert(other);
            if (place.record.mac == expected.record.mac) with.insert(other);
        }
        found_places found_there;
        table.for_each_at(expected.record.address.address, found_there);
        EXPECT_EQ(found_there.take(), there);
        found_places found_with;
        table.for_each_with(expected.record.mac, found_with);
        EXPECT_EQ(found_with.take(), with);
    }
    std::set<std::pair<std::string, ip_address>> owners;
    for (const auto& [key, place] : model) owners.emplace(place.owner, place.record.vtep);
    std::set<std::pair<std::string, ip_address>> found_owners;
    table.for_each_owner([&](const place_owner& one) { found_owners.emplace(one.name, one.vtep); });
    EXPECT_EQ(found_owners, owners);
    found_places all;
    table.for_each(all);
    EXPECT_EQ(all.take().size(), model.size());
}

/// Against std::map, at random: many places, few addresses and MACs.
TEST(place_table, does_what_a_map_does) {
    constexpr unsigned seed = 21;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    known_places model;
    place_table table;
    moment now{std::chrono::hours(1)};
    for (int step = 0; step < 6'000; ++step) {
        now += std::chrono::milliseconds(below(100));
        std::string key = std::to_string(below(200));
        key.insert(0, below(2) == 0 ? "key" : std::string(64 - key.size(), 'a'));
        const swarm_place* found = table.find(key);
        ASSERT_EQ(found != nullptr, model.contains(key));
        const unsigned what = below(4);
        if (found != nullptr && what == 0) {
            table.linger(*found, now + std::chrono::seconds(1));
            model[key].lingers_until = now + std::chrono::seconds(1);
        } else if (found != nullptr) {
            table.erase(*found);
            model.erase(key);
        }
        if (what > 1) {
            const auto address = ip_address::from_v4(0x0a00'0000 + below(60));
            const networkdb::peer_record record{{address, 8 + below(2)},
                                                mac_address::from_u64(2 + 4 * below(60)),
                                                ip_address::from_v4(0xc000'0200 + below(3))};
            const std::string owner = "node" + std::to_string(below(4));
            const auto time = static_cast<networkdb::lamport_time>(step);
            table.add(key, owner, time, record);
            model[key] = {owner, time, record, std::nullopt};
        }
        std::set<std::string> over;
        for (const swarm_place* each : table.lingered_until(now)) over.insert(each->key());
        std::set<std::string> expected;
        for (const auto& [each, place] : model)
            if (place.lingers_until && *place.lingers_until <= now) expected.insert(each);
        ASSERT_EQ(over, expected);
        if (step % 100 == 0) expect_equal(table, model);
    }
    expect_equal(table, model);
}

TEST(place_table, the_later_place_counts_then_that_of_the_smaller_key_and_lingering_ones_least) {
    place_table table;
    const networkdb::peer_record record{
        {ip_address::from_v4(0x0a00'0001), 8}, mac_address::from_u64(2), ip_address::from_v4(0xc000'0201)};
    const swarm_place& early = table.add(std::string(64, 'a'), "node", 1, record);
    const swarm_place& small = table.add(std::string(64, 'b'), "node", 2, record);
    const swarm_place& great = table.add("c", "node", 2, record);
    EXPECT_TRUE(counts_more(small, early));
    EXPECT_FALSE(counts_more(early, small));
    EXPECT_TRUE(counts_more(small, great));
    EXPECT_FALSE(counts_more(great, small));
    table.linger(small, moment());
    EXPECT_TRUE(counts_more(early, small));
    EXPECT_FALSE(counts_more(small, early));
}

}  // namespace
}  // namespace waggle::control
