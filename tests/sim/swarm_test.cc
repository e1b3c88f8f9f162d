#include "tests/sim/swarm.hh"

#include <gtest/gtest.h>

namespace waggle::gossip::sim {
namespace {

using namespace std::chrono_literals;

class swarm_simulation : public testing::TestWithParam<double> {
protected:
    static swarm_shape shape() {
        swarm_shape small;
        small.hosts = 30;
        small.hosts_per_network = 6;
        small.endpoints = 600;
        small.conditions.loss = GetParam();
        small.seed = 7;
        return small;
    }
};

TEST_P(swarm_simulation, forms_spreads_changes_and_survives_restarts) {
    swarm tried(shape());
    ASSERT_TRUE(tried.form(2min));
    for (const bool everywhere : {false, true}) {
        const spread_report spread = tried.spread(20, everywhere, 2min);
        EXPECT_EQ(spread.unfinished, 0U);
        // An interval of gossip is 200 ms, and each round reaches three more for every host that knows.
        EXPECT_LT(spread.half.median, 500ms);
        EXPECT_LE(spread.half.median, spread.most.median);
        EXPECT_LE(spread.most.median, spread.all.median);
    }
    EXPECT_TRUE(tried.complete());
    const restart_report back = tried.restart(6, 5s, 5min);
    ASSERT_TRUE(back.restarted);
    ASSERT_TRUE(back.all);
    EXPECT_LE(*back.restarted, *back.all);
    // Long enough for each half to give the other one up.
    EXPECT_TRUE(tried.split(20, 1min, 5min));
    const traffic_report quiet = tried.idle(1min);
    EXPECT_GT(quiet.packets_per_second, 1);
    EXPECT_LT(quiet.packets_per_second, 100);
}

TEST_P(swarm_simulation, the_same_seed_gives_the_same_run) {
    swarm one(shape());
    swarm other(shape());
    EXPECT_EQ(one.form(2min), other.form(2min));
    EXPECT_EQ(one.network().counters().packets, other.network().counters().packets);
    EXPECT_EQ(one.network().counters().packet_bytes, other.network().counters().packet_bytes);
    EXPECT_EQ(one.network().counters().stream_bytes, other.network().counters().stream_bytes);
}

INSTANTIATE_TEST_SUITE_P(loss, swarm_simulation, testing::Values(0.0, 0.1));

}  // namespace
}  // namespace waggle::gossip::sim
