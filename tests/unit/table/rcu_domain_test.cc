#include "dataplane/table/rcu_domain.hh"

#include <vector>

#include <gtest/gtest.h>

namespace waggle {
namespace {

// Reader 0 and the writer are the same thread here: the order of calls is what is tested.

TEST(rcu_domain, grace_period_waits_for_an_online_reader) {
    rcu_domain rcu(2);
    rcu.enter(0);
    const auto token = rcu.start_grace_period();
    EXPECT_FALSE(rcu.is_over(token));
    rcu.quiescent(0);
    EXPECT_TRUE(rcu.is_over(token));
    rcu.leave(0);
}

TEST(rcu_domain, every_online_reader_counts) {
    rcu_domain rcu(2);
    rcu.enter(0);
    rcu.enter(1);
    const auto token = rcu.start_grace_period();
    rcu.quiescent(0);
    EXPECT_FALSE(rcu.is_over(token));
    rcu.quiescent(1);
    EXPECT_TRUE(rcu.is_over(token));
    rcu.leave(0);
    rcu.leave(1);
}

TEST(rcu_domain, absent_and_offline_readers_hold_nothing_up) {
    rcu_domain rcu(2);
    EXPECT_TRUE(rcu.is_over(rcu.start_grace_period()));
    rcu.enter(0);
    const auto token = rcu.start_grace_period();
    EXPECT_FALSE(rcu.is_over(token));
    rcu.offline(0);
    EXPECT_TRUE(rcu.is_over(token));
    EXPECT_TRUE(rcu.is_over(rcu.start_grace_period()));
    rcu.online(0);
    const auto later = rcu.start_grace_period();
    EXPECT_FALSE(rcu.is_over(later));
    rcu.leave(0);
    EXPECT_TRUE(rcu.is_over(later));
}

TEST(rcu_domain, a_quiescent_report_before_the_start_does_not_count) {
    rcu_domain rcu(1);
    rcu.enter(0);
    rcu.quiescent(0);
    const auto token = rcu.start_grace_period();
    EXPECT_FALSE(rcu.is_over(token));
    rcu.leave(0);
}

TEST(rcu_domain, reclaim_runs_what_is_due_once_and_in_order) {
    rcu_domain rcu(1);
    std::vector<int> destroyed;
    rcu.enter(0);
    rcu.retire([&] { destroyed.push_back(1); });
    rcu.retire([&] { destroyed.push_back(2); });
    rcu.reclaim();
    EXPECT_TRUE(destroyed.empty());
    rcu.quiescent(0);
    rcu.retire([&] { destroyed.push_back(3); });
    rcu.reclaim();
    EXPECT_EQ(destroyed, (std::vector{1, 2}));
    rcu.leave(0);
    rcu.synchronize();
    EXPECT_EQ(destroyed, (std::vector{1, 2, 3}));
}

TEST(rcu_domain, what_is_retired_by_something_retired_runs_too) {
    rcu_domain rcu(1);
    int destroyed = 0;
    rcu.retire([&] { rcu.retire([&] { ++destroyed; }); });
    rcu.reclaim();
    EXPECT_EQ(destroyed, 1);
}

TEST(rcu_domain, destruction_runs_the_rest) {
    int destroyed = 0;
    {
        rcu_domain rcu(1);
        rcu.enter(0);
        rcu.retire([&] { ++destroyed; });
        rcu.reclaim();
        EXPECT_EQ(destroyed, 0);
        rcu.leave(0);
    }
    EXPECT_EQ(destroyed, 1);
}

}  // namespace
}  // namespace waggle
