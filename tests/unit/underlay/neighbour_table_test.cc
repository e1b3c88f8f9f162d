#include "control/underlay/neighbour_table.hh"

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

using std::chrono::seconds;

const netlink::neighbour_id peer{2, ip_address::from_v4(0xc000'0202)};
const mac_address first = mac_address::from_u64(0x0200'0000'0001);
const mac_address second = mac_address::from_u64(0x0200'0000'0002);

class neighbour_table_test : public ::testing::Test {
protected:
    bool hear(std::uint16_t state, std::optional<mac_address> mac = {}) {
        return table.apply({peer, mac, state}, false, now);
    }
    bool due() { return !table.take_due(now).empty(); }

    neighbour_table table;
    neighbour_table::time_point now{seconds(1000)};
};

TEST_F(neighbour_table_test, asks_for_an_unknown_one_at_once_and_once) {
    table.follow(peer, now);
    EXPECT_TRUE(due());
    EXPECT_FALSE(due());
    now += seconds(5);
    EXPECT_TRUE(due());
}

TEST_F(neighbour_table_test, keeps_the_address_while_the_kernel_verifies) {
    table.follow(peer, now);
    EXPECT_TRUE(hear(NUD_REACHABLE, first));
    EXPECT_FALSE(hear(NUD_STALE, first));
    EXPECT_TRUE(due()) << "a stale one is verified at once";
    EXPECT_FALSE(hear(NUD_DELAY, first));
    EXPECT_FALSE(hear(NUD_PROBE, first));
    EXPECT_FALSE(due());
    EXPECT_FALSE(hear(NUD_REACHABLE, first));
    EXPECT_EQ(table.find(peer)->mac, first);
}

TEST_F(neighbour_table_test, keeps_the_address_of_a_forgotten_one_and_asks) {
    table.follow(peer, now);
    hear(NUD_REACHABLE, first);
    EXPECT_FALSE(due());
    EXPECT_FALSE(table.apply({peer, {}, NUD_NONE}, true, now));
    EXPECT_EQ(table.find(peer)->mac, first);
    EXPECT_TRUE(due());
    EXPECT_FALSE(hear(NUD_INCOMPLETE));
    EXPECT_EQ(table.find(peer)->mac, first);
    EXPECT_TRUE(hear(NUD_REACHABLE, second));
    EXPECT_EQ(table.find(peer)->mac, second);
}

TEST_F(neighbour_table_test, asks_a_failed_one_with_growing_patience) {
    table.follow(peer, now);
    EXPECT_TRUE(due());
    EXPECT_TRUE(hear(NUD_FAILED));
    EXPECT_TRUE(table.find(peer)->failed);
    EXPECT_TRUE(due()) << "at once for the first time";
    for (const int wait : {1, 2, 4, 8, 16, 30, 30}) {
        EXPECT_FALSE(hear(NUD_INCOMPLETE));
        EXPECT_TRUE(table.find(peer)->failed) << "no change for the operator until it answers";
        EXPECT_FALSE(hear(NUD_FAILED));
        now += seconds(wait) - std::chrono::milliseconds(1);
        EXPECT_FALSE(due()) << wait;
        now += std::chrono::milliseconds(1);
        EXPECT_TRUE(due()) << wait;
    }
    EXPECT_TRUE(hear(NUD_REACHABLE, first));
    EXPECT_FALSE(table.find(peer)->failed);
    hear(NUD_FAILED);
    EXPECT_TRUE(due()) << "patience starts anew";
}

TEST_F(neighbour_table_test, touches_a_reachable_one_now_and_then) {
    table.follow(peer, now);
    hear(NUD_REACHABLE, first);
    now += seconds(24);
    EXPECT_FALSE(due());
    now += seconds(1);
    EXPECT_TRUE(due());
}

TEST_F(neighbour_table_test, leaves_permanent_ones_alone) {
    table.follow(peer, now);
    hear(NUD_PERMANENT, first);
    now += seconds(1000);
    EXPECT_FALSE(due());
}

TEST_F(neighbour_table_test, follows_only_what_is_followed) {
    hear(NUD_STALE, first);
    EXPECT_FALSE(due());
    table.follow(peer, now);
    table.follow(peer, now);
    EXPECT_TRUE(due());
    table.unfollow(peer);
    now += seconds(5);
    EXPECT_TRUE(due());
    table.unfollow(peer);
    now += seconds(5);
    EXPECT_FALSE(due());
    EXPECT_TRUE(table.find(peer)) << "the kernel still has it";
    table.apply({peer, {}, NUD_NONE}, true, now);
    EXPECT_FALSE(table.find(peer));
}

TEST_F(neighbour_table_test, a_new_reading_keeps_what_is_followed) {
    const netlink::neighbour_id other{2, ip_address::from_v4(0xc000'0203)};
    table.follow(peer, now);
    hear(NUD_REACHABLE, first);
    table.apply({other, second, NUD_STALE}, false, now);
    table.replace({}, now);
    ASSERT_TRUE(table.find(peer));
    EXPECT_EQ(table.find(peer)->mac, first);
    EXPECT_TRUE(due());
    EXPECT_FALSE(table.find(other));
    table.replace({{peer, second, NUD_REACHABLE}}, now);
    EXPECT_EQ(table.find(peer)->mac, second);
}

TEST_F(neighbour_table_test, a_refusal_ends_with_the_next_news) {
    table.follow(peer, now);
    table.refused(peer, "full");
    EXPECT_EQ(table.find(peer)->refusal, "full");
    EXPECT_TRUE(hear(NUD_INCOMPLETE));
    EXPECT_TRUE(table.find(peer)->refusal.empty());
}

}  // namespace
}  // namespace waggle::control
