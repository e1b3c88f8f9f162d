#include "control/overlay/address_rivals.hh"

#include <algorithm>

#include <gtest/gtest.h>

#include "control/gossip/core/random.hh"

namespace waggle::control {
namespace {

const ip_address own_vtep = *ip_address::parse("192.0.2.1");
const moment now{std::chrono::hours(1)};

networkdb::entry_change place(const std::string& owner, const std::string& key, networkdb::lamport_time time,
                              const std::string& address, const std::string& vtep = "192.0.2.2") {
    const ip_prefix where = *ip_prefix::parse(address + "/24");
    return {"blue",
            networkdb::overlay_peer_table,
            key,
            owner,
            time,
            networkdb::encode(networkdb::peer_record{where, mac_address::derived_from(where.address),
                                                     *ip_address::parse(vtep)})};
}

networkdb::entry_change gone(networkdb::entry_change of) {
    of.value.reset();
    return of;
}

struct watcher {
    swarm_tables tables{"me"};
    address_rivals rivals{"me", {own_vtep}};
    void apply(const networkdb::entry_change& change) {
        tables.apply(change, now);
        rivals.apply(change);
    }
    std::vector<address_rivalry> list() const { return rivals.list(tables); }
};

TEST(address_rivals, both_sides_agree_who_counts) {
    for (const auto& [mine, theirs] :
         std::vector<std::pair<networkdb::entry_change, networkdb::entry_change>>{
             {place("me", "b", 5, "10.1.0.7"), place("you", "a", 4, "10.1.0.7")},
             {place("me", "a", 5, "10.1.0.7"), place("you", "b", 5, "10.1.0.7")},
             {place("me", "a", 4, "10.1.0.7"), place("you", "b", 5, "10.1.0.7")},
             {place("me", "b", 5, "10.1.0.7"), place("you", "a", 5, "10.1.0.7")}}) {
        watcher here;
        here.apply(mine);
        EXPECT_TRUE(here.list().empty());
        here.apply(theirs);
        // The other side sees the same with the names exchanged.
        watcher there;
        networkdb::entry_change to_them = mine;
        networkdb::entry_change of_them = theirs;
        to_them.owner = "other";
        of_them.owner = "me";
        there.apply(to_them);
        there.apply(of_them);
        ASSERT_EQ(here.list().size(), 1U);
        ASSERT_EQ(there.list().size(), 1U);
        EXPECT_NE(here.list()[0].won, there.list()[0].won);
        EXPECT_EQ(here.list()[0].won, std::tuple(mine.time, theirs.key) > std::tuple(theirs.time, mine.key));
        EXPECT_EQ(here.list()[0].rival, "you");
    }
}

TEST(address_rivals, end_when_either_side_gives_way) {
    watcher here;
    const auto mine = place("me", "m", 5, "10.1.0.7");
    const auto theirs = place("you", "y", 6, "10.1.0.7");
    here.apply(theirs);
    here.apply(mine);
    EXPECT_EQ(here.list().size(), 1U);
    here.apply(gone(theirs));
    EXPECT_TRUE(here.list().empty());
    here.apply(theirs);
    EXPECT_EQ(here.list().size(), 1U);
    // The same key with another address.
    here.apply(place("you", "y", 7, "10.1.0.8"));
    EXPECT_TRUE(here.list().empty());
    here.apply(place("you", "y", 8, "10.1.0.7"));
    EXPECT_EQ(here.list().size(), 1U);
    here.apply(gone(mine));
    EXPECT_TRUE(here.list().empty());
}

TEST(address_rivals, are_not_what_is_left_of_a_former_life) {
    watcher here;
    here.apply(place("me", "m", 5, "10.1.0.7"));
    here.apply(place("former me", "f", 6, "10.1.0.7", "192.0.2.1"));
    EXPECT_TRUE(here.list().empty());
    auto theirs = place("you", "y", 6, "10.1.0.7");
    here.apply(theirs);
    theirs.owner_replaced = true;
    here.apply(gone(theirs));
    EXPECT_TRUE(here.list().empty()) << "it lingers in the tables, but makes no claim";
}

TEST(address_rivals, depend_on_the_entries_not_on_the_order) {
    gossip::random_source random(3);
    for (int run = 0; run < 300; ++run) {
        std::vector<networkdb::entry_change> entries;
        for (int i = 0; i < 12; ++i)
            entries.push_back(place(random.chance(0.5) ? "me" : "you", "k" + std::to_string(i),
                                    random.below(4), "10.1.0." + std::to_string(10 + random.below(4))));
        watcher straight;
        for (const auto& each : entries) straight.apply(each);
        watcher shuffled;
        // With some that come and go on the way.
        for (int i = 0; i < 6; ++i) {
            auto passing = place(i % 2 != 0 ? "me" : "you", "p" + std::to_string(i), 9, "10.1.0.11");
            shuffled.apply(passing);
            entries.push_back(gone(passing));
        }
        random.shuffle(entries.begin(), entries.end());
        for (const auto& each : entries) shuffled.apply(each);
        ASSERT_EQ(straight.list(), shuffled.list()) << run;
    }
}

}  // namespace
}  // namespace waggle::control
