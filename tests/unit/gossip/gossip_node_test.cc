#include <random>

#include <gtest/gtest.h>

#include "control/gossip/memberlist/wire/messages.hh"
#include "tests/unit/gossip/node_cluster.hh"

namespace waggle::gossip::sim {
namespace {

using namespace std::chrono_literals;

class gossip_nodes : public testing::Test {
protected:
    static ip_endpoint at(std::size_t index) { return node_cluster::endpoint(index); }
    /// Hosts 0 to count - 1, whose only seed is host 0, all of which know each other.
    void grow(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) cluster.start(i, {at(0)});
        ASSERT_TRUE(cluster.network.run_until([&] { return cluster.all_see(count); }, 120s));
    }

    std::uint64_t seed = std::random_device{}();
    testing::ScopedTrace trace{__FILE__, __LINE__, "seed " + std::to_string(seed)};
    node_cluster cluster{seed};
};

TEST_F(gossip_nodes, whose_only_seed_is_itself_finds_back_by_what_it_remembers) {
    grow(4);
    const auto remembered = cluster.hosts[0]->remembered();
    EXPECT_EQ(remembered.size(), 3U);
    cluster.cut_power(0);
    cluster.start(0, {at(0)}, remembered);
    EXPECT_FALSE(cluster.hosts[0]->connected()) << "it does not take itself for the swarm";
    // One exchange with one of them is enough.
    cluster.network.run(1s);
    for (std::size_t i = 1; i < 4; ++i) {
        const member* known = cluster.hosts[0]->members().find(cluster.hosts[i]->members().self().name);
        ASSERT_NE(known, nullptr);
        EXPECT_EQ(known->state, member_state::alive);
    }
    EXPECT_TRUE(cluster.hosts[0]->connected());
}

TEST_F(gossip_nodes, whose_seeds_are_all_down_finds_back_by_what_it_remembers) {
    grow(4);
    const auto remembered = cluster.hosts[3]->remembered();
    cluster.cut_power(0);
    cluster.cut_power(3);
    cluster.start(3, {at(0)}, remembered);
    cluster.network.run(1s);
    EXPECT_GE(cluster.present(3), 3U);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.hosts[3]->seeds_are_down(); }, 30s));
    EXPECT_TRUE(cluster.hosts[3]->connected());
    // Told until one is up again, by those who saw it go, too.
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.hosts[1]->seeds_are_down(); }, 120s));
    cluster.start(0, {at(0)});
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.all_see(4); }, 120s));
    for (std::size_t i = 0; i < 4; ++i) EXPECT_FALSE(cluster.hosts[i]->seeds_are_down()) << i;
}

TEST_F(gossip_nodes, remember_no_more_than_they_may_and_try_them_all) {
    grow(80);
    EXPECT_EQ(cluster.hosts[5]->remembered().size(), 64U);
    // Of those that it remembers only the last is still there.
    std::vector<ip_endpoint> remembered;
    for (std::size_t i = 200; i < 230; ++i) remembered.push_back(at(i));
    remembered.push_back(at(7));
    cluster.cut_power(5);
    cluster.start(5, {}, remembered);
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.present(5) >= 80; }, 12s));
}

// What was on its way to a host's former life tells the next one of a member: that is no way into the swarm.
TEST_F(gossip_nodes, that_hear_of_one_member_go_on_trying_those_that_they_remember) {
    // The regular exchange of whole states would find the way, some time.
    cluster.members.push_pull_interval = 100s;
    grow(10);
    // Until there is nothing left to be told.
    cluster.network.run(30s);
    std::vector<ip_endpoint> remembered;
    for (std::size_t i = 200; i < 220; ++i) remembered.push_back(at(i));
    remembered.push_back(at(7));
    cluster.cut_power(5);
    gossip_node& restarted = cluster.start(5, {}, remembered);
    const member& other = cluster.hosts[1]->members().self();
    wire::alive leftover;
    leftover.incarnation = other.incarnation;
    leftover.node = other.name;
    leftover.address = other.address;
    leftover.versions = other.versions;
    restarted.receive_packet(at(1), leftover.encode(), cluster.network.now());
    cluster.network.touched(at(5));
    ASSERT_EQ(cluster.present(5), 2U);
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.present(5) >= 10; }, 12s));
}

TEST_F(gossip_nodes, forget_who_left_but_not_who_fell_silent) {
    grow(4);
    cluster.hosts[1]->leave(cluster.network.now());
    cluster.network.touched(at(1));
    cluster.cut_power(2);
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.present(3) == 2; }, 60s));
    EXPECT_EQ(cluster.hosts[3]->remembered(), (std::vector<ip_endpoint>{at(0), at(2)}));
    // The next life of a host is not forgotten with the former one.
    cluster.cut_power(0);
    cluster.start(0, {at(0)}, {at(3)});
    ASSERT_TRUE(cluster.network.run_until([&] { return cluster.present(3) == 2; }, 60s));
    cluster.network.run(60s);
    EXPECT_EQ(cluster.hosts[3]->remembered(), (std::vector<ip_endpoint>{at(0), at(2)}));
}

TEST_F(gossip_nodes, join_seeds_that_come_later) {
    grow(2);
    gossip_node& lonely = cluster.start(2, {at(9)});
    ASSERT_TRUE(cluster.network.run_until([&] { return lonely.seeds_are_down(); }, 30s));
    EXPECT_FALSE(lonely.connected());
    lonely.set_seeds({at(1)}, cluster.network.now());
    EXPECT_FALSE(lonely.seeds_are_down()) << "not tried yet";
    cluster.network.touched(at(2));
    EXPECT_TRUE(cluster.network.run_until([&] { return cluster.all_see(3); }, 10s));
}

}  // namespace
}  // namespace waggle::gossip::sim
