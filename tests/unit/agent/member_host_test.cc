#include "control/agent/member_host.hh"

#include <gtest/gtest.h>

#include "control/agent/member_views.hh"
#include "tests/unit/agent/fake_membership.hh"

namespace waggle::control {
namespace {

using swarm::phase;

config::config file_with(const std::string& endpoint) {
    config::config file;
    file.node.name = "alpha";
    file.node.vtep_v4 = *ip_address::parse("192.0.2.1");
    file.swarm.emplace();
    config::endpoint each;
    each.name = endpoint;
    each.overlay = "test-net";
    each.host = "alpha";
    each.attached = config::container_attachment{config::namespace_by_name{endpoint}, "eth0", {}};
    if (!endpoint.empty()) file.endpoints = {each};
    return file;
}

class member_host_test : public testing::Test {
protected:
    member_host_test() {
        auto opened = member_host::open(
            [this](swarm::membership::callbacks told) -> result<std::unique_ptr<swarm::membership>> {
                auto made = std::make_unique<fake_membership>(std::move(told));
                fake = made.get();
                return std::unique_ptr<swarm::membership>(std::move(made));
            },
            [this] { ++changes; });
        member = std::move(*opened);
    }
    void join() {
        ASSERT_TRUE(member->join("SWMTKN-1-x", {"192.0.2.10:2377"}, [this] { ++joined; }));
        fake->view.node_id = "node1";
        fake->become(phase::ready);
        fake->finish({});
    }

    fake_membership* fake = nullptr;
    std::unique_ptr<member_host> member;
    int changes = 0;
    int joined = 0;
    int left = 0;
};

TEST_F(member_host_test, joins) {
    EXPECT_FALSE(member->is_member());
    EXPECT_TRUE(member->settled());
    ASSERT_TRUE(member->join("SWMTKN-1-x", {"192.0.2.10:2377"}, [this] { ++joined; }));
    EXPECT_TRUE(member->attempt().running);
    EXPECT_EQ(member->join("t", {}, [] {}).failure().message,
              "this host is joining a swarm already; `waggle node` tells how far it is");
    EXPECT_EQ(member->begin_leave().failure().message,
              "this host is joining a swarm; try again when that is done");
    fake->finish(error{"no"});
    EXPECT_EQ(joined, 0);
    EXPECT_FALSE(member->attempt().running);
    EXPECT_EQ(member->attempt().failure, "no");
    join();
    EXPECT_EQ(joined, 1);
    EXPECT_TRUE(member->is_member());
    EXPECT_EQ(member->attempt().failure, "");
    EXPECT_EQ(member->join("t", {}, [] {}).failure().message,
              "this host is a member of a swarm already, as node node1; `waggle leave` ends that");
    EXPECT_GE(changes, 2);
}

TEST_F(member_host_test, wants_what_its_endpoints_need) {
    // Also nothing is a word: of what an earlier life had.
    member->follow(file_with(""));
    EXPECT_EQ(fake->wants, 1);
    member->follow(file_with(""));
    EXPECT_EQ(fake->wants, 1);
    member->follow(file_with("web"));
    EXPECT_EQ(fake->wants, 2);
    ASSERT_EQ(fake->wanted.size(), 1U);
    EXPECT_EQ(fake->wanted.begin()->second.target, "test-net");
    EXPECT_TRUE(member->config().waiting.contains("web"));
    member->follow(file_with("web"));
    EXPECT_EQ(fake->wants, 2);
}

TEST_F(member_host_test, gives_everything_back_when_it_leaves) {
    EXPECT_EQ(member->begin_leave().failure().message, "this host is not a member of a Docker swarm");
    join();
    const config::config file = file_with("web");
    member->follow(file);
    fake->grant(fake->wanted.begin()->first, "10.0.1.11/24");
    EXPECT_EQ(member->follow(file).config.endpoints.size(), 1U);
    ASSERT_TRUE(member->begin_leave());
    EXPECT_EQ(member->begin_leave().failure().message, "this host is leaving the swarm already");
    EXPECT_EQ(member->join("t", {}, [] {}).failure().message,
              "this host is leaving a swarm; try again when that is done");
    EXPECT_FALSE(member->is_member());
    EXPECT_TRUE(member->follow(file).config.endpoints.empty());
    EXPECT_TRUE(fake->wanted.empty());
    member->finish_leave([this] { ++left; });
    fake->finish(error{"it can't be removed"});
    EXPECT_EQ(left, 0);
    EXPECT_EQ(member->attempt().failure, "it can't be removed");
    EXPECT_EQ(member->follow(file).config.endpoints.size(), 1U);
    ASSERT_TRUE(member->begin_leave());
    member->finish_leave([this] { ++left; });
    fake->become(phase::outside);
    fake->finish({});
    EXPECT_EQ(left, 1);
}

TEST_F(member_host_test, has_nothing_of_a_swarm_that_removed_it) {
    join();
    const config::config file = file_with("web");
    member->follow(file);
    fake->grant(fake->wanted.begin()->first, "10.0.1.11/24");
    EXPECT_EQ(member->follow(file).config.endpoints.size(), 1U);
    fake->become(phase::disconnected);
    EXPECT_EQ(member->follow(file).config.endpoints.size(), 1U);
    fake->become(phase::expelled);
    EXPECT_TRUE(member->follow(file).config.endpoints.empty());
    EXPECT_FALSE(member->is_member());
    EXPECT_TRUE(member->join("SWMTKN-1-y", {"192.0.2.10:2377"}, [] {}));
}

TEST_F(member_host_test, is_settled_when_an_earlier_life_is_known) {
    join();
    const config::config file = file_with("web");
    member->follow(file);
    // The managers may still tell of the address that the dataplane forwards with.
    EXPECT_FALSE(member->settled());
    fake->view.gossip_keys = {fake_key(1)};
    fake->grant(fake->wanted.begin()->first, "10.0.1.11/24");
    member->follow(file);
    EXPECT_TRUE(member->settled());
    fake->view.attachments.clear();
    member->follow(file);
    EXPECT_FALSE(member->settled());
    fake->view.complete = true;
    EXPECT_TRUE(member->settled());
}

TEST_F(member_host_test, gossip_seals_with_the_middle_key) {
    EXPECT_EQ(gossip_keys_of(member->view()).failure().message,
              "the managers have given no key for the gossip yet");
    for (std::uint8_t i = 1; i <= 3; ++i) fake->view.gossip_keys.push_back(fake_key(i));
    const auto ring = gossip_keys_of(member->view());
    ASSERT_TRUE(ring);
    const auto middle = gossip::keyring::make({gossip::bytes(16, 2)}, 0);
    EXPECT_EQ(ring->fingerprints().front(), middle->fingerprints().front());
    EXPECT_EQ(ring->fingerprints().size(), 3U);
}

TEST_F(member_host_test, node_view) {
    join();
    fake->view.cluster_id = "cluster1";
    fake->view.role = "worker";
    fake->view.certificate_ends = std::chrono::system_clock::time_point(std::chrono::seconds(1000));
    fake->view.managers = {{"m1", "192.0.2.10:2377", 5}, {"m2", "192.0.2.11:2377", 1}};
    fake->view.session_manager = "192.0.2.10:2377";
    for (std::uint8_t i = 1; i <= 3; ++i) fake->view.gossip_keys.push_back(fake_key(i));
    fake->become(phase::ready);
    const node_view view =
        node_view_of(*member, "alpha", std::chrono::steady_clock::now() + std::chrono::seconds(90));
    EXPECT_EQ(view.state, "ready");
    EXPECT_EQ(view.id, "node1");
    EXPECT_EQ(view.certificate_ends, 1000);
    ASSERT_EQ(view.managers.size(), 2U);
    EXPECT_TRUE(view.managers[0].session);
    EXPECT_FALSE(view.managers[1].session);
    ASSERT_EQ(view.keys.size(), 3U);
    EXPECT_FALSE(view.keys[0].sending);
    EXPECT_TRUE(view.keys[1].sending);
    EXPECT_EQ(view.keys[1].lamport_time, 2U);
    EXPECT_EQ(view.keys[1].fingerprint, fake_key(2).key.fingerprint());
    EXPECT_GE(view.keys[1].age_seconds, 90U);
    EXPECT_EQ(view.asked, "join");
    EXPECT_EQ(member_line(member->view()), "healthy worker node1, session with 192.0.2.10:2377");
    EXPECT_TRUE(member_problems(*member, file_with("").node, true).empty());
}

TEST_F(member_host_test, tells_what_is_wrong) {
    config::node node = file_with("").node;
    using list = std::vector<std::string>;
    EXPECT_EQ(member_problems(*member, node, true),
              list{"this host is not a member of a Docker swarm; `waggle join` makes it one"});
    EXPECT_EQ(member_problems(*member, node, false), list{});
    EXPECT_EQ(member_line(member->view()), "not a member");
    member->could_not_join("the file is gone");
    EXPECT_EQ(member_problems(*member, node, true),
              list{"Docker swarm: this host could not join: the file is gone"});
    EXPECT_EQ(member_problems(*member, node, false), list{});
    join();
    fake->view.role = "worker";
    fake->become(phase::disconnected);
    EXPECT_EQ(
        member_problems(*member, node, true),
        list{"Docker swarm: there is no session with a manager; forwarding goes on as it was, `waggle node` "
             "tells more"});
    EXPECT_EQ(member_line(member->view()),
              "no session with a manager, as worker node1; forwarding goes on as it was");
    fake->view.problem = "nobody answers";
    EXPECT_EQ(member_problems(*member, node, true), list{"Docker swarm: nobody answers"});
    fake->become(phase::outside);
    EXPECT_EQ(member_problems(*member, node, false), list{});
    fake->become(phase::expelled);
    EXPECT_EQ(member_problems(*member, node, false), list{"Docker swarm: nobody answers"});
    EXPECT_EQ(member_line(member->view()), "not a member any more, was node node1");
    fake->view.problem.clear();
    fake->become(phase::ready);
    node.vtep_v4.reset();
    EXPECT_EQ(
        member_problems(*member, node, true),
        (list{
            "stock hosts of the Docker swarm reach this host by IPv4 only; set node.vtep.ipv4 and restart"}));
    fake->become(phase::joining);
    EXPECT_EQ(member_line(member->view()), "not a member yet: joining");
}

TEST_F(member_host_test, networks_have_their_docker_names) {
    swarm::network network;
    network.id = "net1";
    network.name = "test-net";
    network.encrypted = true;
    network.subnets = {{*ip_prefix::parse("10.0.1.0/24"), *vni::from(4097), std::nullopt}};
    fake->view.networks.emplace("net1", network);
    network.id = "net0";
    network.name = "new-net";
    fake->view.networks.emplace("net0", network);
    fake->view.load_balancers.emplace("net1", *ip_prefix::parse("10.0.1.12/24"));
    std::vector<network_view> views(1);
    views[0].id = "net1";
    views[0].hosts = 3;
    add_docker_networks(member->view(), views);
    ASSERT_EQ(views.size(), 2U);
    EXPECT_EQ(views[0].name, "new-net");
    EXPECT_EQ(views[1].name, "test-net");
    EXPECT_EQ(views[1].hosts, 3U);
    EXPECT_EQ(views[1].load_balancer, "10.0.1.12");
    EXPECT_TRUE(views[1].encrypted);
    EXPECT_EQ(views[1].subnets, std::vector<std::string>{"10.0.1.0/24"});
}

}  // namespace
}  // namespace waggle::control
