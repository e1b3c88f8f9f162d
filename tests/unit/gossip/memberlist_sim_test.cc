#include <random>

#include <gtest/gtest.h>

#include "tests/unit/gossip/member_cluster.hh"

namespace waggle::gossip::sim {
namespace {

using namespace std::chrono_literals;

struct conditions_case {
    const char* name;
    network_conditions how;
};

class memberlist_network : public testing::TestWithParam<conditions_case> {
protected:
    std::uint64_t seed = std::random_device{}();
    testing::ScopedTrace trace{__FILE__, __LINE__, "seed " + std::to_string(seed)};
    member_cluster cluster{seed, GetParam().how};
};

TEST_P(memberlist_network, hosts_that_join_one_know_each_other) {
    cluster.grow(100);
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 90s));
    EXPECT_EQ(cluster.hosts[7]->joins["n93"], 1);
    EXPECT_EQ(cluster.hosts[7]->joins["n7"], 0) << "of itself nobody is told";
}

TEST_P(memberlist_network, a_silent_host_is_found_dead_in_time) {
    cluster.grow(50);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 90s));
    const time_point cut = cluster.network.now();
    cluster.cut_power(20);
    // Longest: the round of probing, then the suspicion without a single confirmation, then the spreading.
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 120s));
    for (const auto& one : cluster.hosts) {
        if (!one) continue;
        EXPECT_EQ(one->leaves["n20"], 1);
        EXPECT_GE(one->left_at["n20"] - cut, 4s) << "no death without the time to refute";
        EXPECT_EQ(one->leaves.size(), 1U) << "nobody else";
    }
}

TEST_P(memberlist_network, a_host_that_leaves_is_gone_at_once) {
    cluster.grow(50);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 90s));
    cluster.hosts[20]->list.leave(cluster.network.now());
    cluster.network.touched(member_cluster::endpoint(20));
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.hosts[20]->list.leave_finished(); }, 10s));
    cluster.cut_power(20);
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 60s));
    std::size_t dead = 0;
    for (const auto& one : cluster.hosts) {
        if (!one) continue;
        EXPECT_EQ(one->leaves["n20"], 1);
        const member* known = one->list.find("n20");
        if (known != nullptr && known->state != member_state::left) ++dead;
    }
    // A host that lost every word of the leave suspects the one that is gone, and holds it dead in the end;
    // so do others that had not heard of the leave either.
    EXPECT_LE(dead, GetParam().how.loss == 0 ? 0U : cluster.hosts.size() / 10);
}

TEST_P(memberlist_network, a_host_that_runs_on_after_its_leave_does_no_harm) {
    cluster.grow(5);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 90s));
    cluster.hosts[2]->list.leave(cluster.network.now());
    cluster.network.touched(member_cluster::endpoint(2));
    // Past the time after which those that left are forgotten.
    cluster.network.run(120s);
    EXPECT_EQ(cluster.hosts[2]->list.self().state, member_state::left);
    cluster.cut_power(2);
    EXPECT_TRUE(cluster.agree());
}

TEST_P(memberlist_network, a_stalled_host_refutes) {
    cluster.grow(30);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 90s));
    cluster.network.stall(member_cluster::endpoint(11));
    const auto suspected = [&] {
        for (const auto& one : cluster.hosts) {
            const member* known = one->list.find("n11");
            if (known != nullptr && known->state == member_state::suspect) return true;
        }
        return false;
    };
    ASSERT_TRUE(cluster.network.run_until(suspected, 60s));
    cluster.network.resume(member_cluster::endpoint(11));
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 60s));
    for (const auto& one : cluster.hosts) EXPECT_EQ(one->leaves["n11"], 0);
    EXPECT_GE(cluster.hosts[11]->list.counters().refutations, 1U);
    EXPECT_GT(cluster.hosts[11]->list.self().incarnation, 1U);
}

TEST_P(memberlist_network, two_halves_part_and_meet_again) {
    cluster.grow(40);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 90s));
    for (std::size_t i = 0; i < 20; ++i) cluster.network.set_side(member_cluster::endpoint(i), 1);
    const auto parted = [&] {
        for (const auto& one : cluster.hosts)
            if (one->list.present() != 20) return false;
        return true;
    };
    ASSERT_TRUE(cluster.network.run_until(parted, 300s));
    cluster.network.heal();
    // NetworkDB keeps trying the failed ones; here one host of each side does.
    cluster.join(0, 30);
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 120s));
}

TEST_P(memberlist_network, an_address_returns_under_a_new_name) {
    cluster.grow(20);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 90s));
    cluster.cut_power(5);
    cluster.start(5, "again");
    cluster.join(5);
    // The old name no longer answers at its address and dies.
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 120s));
    EXPECT_EQ(cluster.hosts[9]->leaves["n5"], 1);
    EXPECT_EQ(cluster.hosts[9]->joins["again"], 1);
}

INSTANTIATE_TEST_SUITE_P(conditions, memberlist_network,
                         testing::Values(conditions_case{"good", {}},
                                         conditions_case{"lossy", {0.1, 0.05, 200us, 40ms}}),
                         [](const auto& one) { return one.param.name; });

TEST(memberlist_ping, is_answered_by_a_host_of_that_name_only) {
    member_cluster swarm(1);
    swarm.grow(2);
    swarm.network.run(std::chrono::seconds(5));
    memberlist& list = swarm.hosts[0]->list;
    const auto ping = [&](const std::string& name, std::size_t where) {
        list.ping(name, member_cluster::endpoint(where), swarm.network.now());
        swarm.network.touched(member_cluster::endpoint(0));
    };
    ping("n1", 1);
    ping("stranger", 1);
    swarm.network.run(std::chrono::milliseconds(100));
    EXPECT_EQ(swarm.hosts[0]->answers, (std::unordered_map<std::string, int>{{"n1", 1}}));

    // Two pings are lost, the third is not.
    const time_point asked = swarm.network.now();
    swarm.network.set_filter([&](const ip_endpoint&, const ip_endpoint&) {
        return swarm.network.now() < asked + std::chrono::milliseconds(900);
    });
    ping("n1", 1);
    swarm.network.run(std::chrono::milliseconds(950));
    EXPECT_EQ(swarm.hosts[0]->answers["n1"], 1);
    swarm.network.run(std::chrono::seconds(1));
    EXPECT_EQ(swarm.hosts[0]->answers["n1"], 2);

    // Nobody is asked for ever.
    const std::uint64_t before = list.counters().packets_sent;
    ping("nobody", 7);
    swarm.network.run(std::chrono::seconds(20));
    EXPECT_EQ(swarm.hosts[0]->answers.count("nobody"), 0U);
    EXPECT_LT(list.counters().packets_sent - before, 100U);
    EXPECT_TRUE(swarm.agree());
}

TEST(memberlist_ping, waits_for_no_more_answers_than_the_limit) {
    member_cluster swarm(1);
    swarm.grow(1);
    memberlist& list = swarm.hosts[0]->list;
    const std::size_t limit = list.settings().asked_pings_limit;
    for (std::size_t i = 0; i < limit + 10; ++i)
        list.ping("nobody", member_cluster::endpoint(7), swarm.network.now());
    EXPECT_EQ(list.counters().packets_sent, limit);
}

TEST(memberlist_scale, hundreds_of_hosts_find_a_death) {
    member_cluster cluster(20);
    cluster.grow(300);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 180s, 1s));
    cluster.cut_power(150);
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.agree(); }, 180s, 1s));
}

}  // namespace
}  // namespace waggle::gossip::sim
