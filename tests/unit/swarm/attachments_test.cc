#include <gtest/gtest.h>

#include "tests/unit/swarm/manager_answers.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;
using test::granted;
using test::next_detach;
using test::next_report;
using test::virtual_member;

TEST(an_attachment, is_asked_for_and_taken_up_when_its_task_comes) {
    virtual_member host;
    host.become_ready();
    std::map<std::string, wanted_attachment> wanted;
    wanted["c1"] = {"red", {"web"}, {*ip_address::parse("10.0.1.11")}};
    host.core.want(wanted, host.at);
    host.settle();
    const auto call = host.next_call<wire::AttachNetworkRequest>();
    ASSERT_TRUE(call);
    const auto& asked = std::get<wire::AttachNetworkRequest>(call->what);
    EXPECT_EQ(asked.container_id(), "c1");
    EXPECT_EQ(asked.config().target(), "red");
    EXPECT_EQ(asked.config().aliases(0), "web");
    EXPECT_EQ(asked.config().addresses(0), "10.0.1.11");
    host.answer(*call, granted("t1"));
    EXPECT_TRUE(host.seen.attachments.empty());
    host.assign(host.change({virtual_member::attachment_task("t1", "c1")}));
    ASSERT_EQ(host.seen.attachments.size(), 1U);
    EXPECT_EQ(host.seen.attachments["c1"].id, "t1");
    EXPECT_EQ(host.seen.attachments["c1"].addresses[0].to_string(), "10.0.1.11/24");
    EXPECT_EQ(host.seen.networks["net-red"].name, "red");
    EXPECT_EQ(next_report(host), (std::map<std::string, wire::TaskState>{{"t1", wire::RUNNING}}));
    EXPECT_TRUE(next_report(host).empty());
    // Nothing more is asked for, whatever is said again.
    host.core.want(wanted, host.at);
    host.settle();
    host.run(5s);
    EXPECT_FALSE(host.next_call<wire::AttachNetworkRequest>());
    EXPECT_FALSE(host.next_call<wire::DetachNetworkRequest>());
}

TEST(an_attachment, may_come_before_the_answer_that_grants_it) {
    virtual_member host;
    host.become_ready();
    host.want({{"c1", "red"}});
    const auto call = host.next_call<wire::AttachNetworkRequest>();
    host.assign(host.change({virtual_member::attachment_task("t1", "c1")}));
    EXPECT_EQ(host.seen.attachments.size(), 1U);
    host.answer(*call, granted("t1"));
    host.run(4s);
    EXPECT_EQ(host.seen.attachments.size(), 1U);
    EXPECT_FALSE(host.next_call<wire::DetachNetworkRequest>());
    EXPECT_FALSE(host.next_call<wire::AttachNetworkRequest>());
}

TEST(attachments, of_an_earlier_life_are_taken_up_or_given_back) {
    virtual_member host;
    host.become_ready(
        {virtual_member::attachment_task("t1", "c1"), virtual_member::attachment_task("t2", "c2"),
         virtual_member::attachment_task("t3", "c3", "blue"), virtual_member::attachment_task("t4", "c1")});
    // Before it is known what is wanted, nothing is given back.
    host.run(4s);
    EXPECT_FALSE(host.next_call<wire::DetachNetworkRequest>());
    EXPECT_EQ(host.seen.attachments.size(), 3U);
    // c2 is gone, c3 is to be elsewhere, c1 is there twice.
    host.want({{"c1", "red"}, {"c3", "net-red"}});
    std::set<std::string> given_back;
    while (const auto task = next_detach(host)) given_back.insert(*task);
    EXPECT_EQ(given_back, (std::set<std::string>{"t2", "t3", "t4"}));
    EXPECT_EQ(host.seen.attachments["c1"].id, "t1");
    host.assign(host.change({}, {"t2", "t3", "t4"}));
    host.run(10s);
    const auto call = host.next_call<wire::AttachNetworkRequest>();
    ASSERT_TRUE(call);
    EXPECT_EQ(std::get<wire::AttachNetworkRequest>(call->what).container_id(), "c3");
    EXPECT_FALSE(host.next_call<wire::DetachNetworkRequest>());
}

TEST(an_attachment, that_is_refused_is_told_and_asked_for_again) {
    struct refusal {
        call_code code;
        const char* told;
    };
    for (const refusal& each :
         {refusal{call_code::not_found, "docker network create -d overlay --attachable red"},
          refusal{call_code::permission_denied, "with --attachable"},
          refusal{call_code::unavailable, "no manager granted"},
          refusal{call_code::unknown, "the words of the manager"}}) {
        virtual_member host;
        host.become_ready();
        host.answer(*host.next_call<wire::HeartbeatRequest>(), wire::HeartbeatResponse());
        host.want({{"c1", "red"}});
        host.fail(*host.next_call<wire::AttachNetworkRequest>(), each.code, "the words of the manager");
        EXPECT_NE(host.seen.refused["c1"].find(each.told), std::string::npos) << host.seen.refused["c1"];
        EXPECT_FALSE(host.next_call<wire::AttachNetworkRequest>());
        host.run(1s);
        const auto again = host.next_call<wire::AttachNetworkRequest>();
        ASSERT_TRUE(again);
        host.answer(*again, granted("t1"));
        host.assign(host.change({virtual_member::attachment_task("t1", "c1")}));
        EXPECT_TRUE(host.seen.refused.empty());
    }
}

TEST(an_attachment, without_an_address_is_told_and_begun_anew) {
    virtual_member host;
    host.become_ready();
    host.want({{"c1", "red"}});
    host.answer(*host.next_call<wire::AttachNetworkRequest>(), granted("t1"));
    const auto live = [&](std::chrono::seconds time) {
        for (auto left = time; left > 0s; left -= 1s) {
            if (const auto call = host.next_call<wire::HeartbeatRequest>())
                host.answer(*call, wire::HeartbeatResponse());
            host.run(1s);
        }
    };
    live(6s);
    EXPECT_NE(host.seen.refused["c1"].find("paused or drained"), std::string::npos);
    EXPECT_FALSE(host.next_call<wire::AttachNetworkRequest>());
    live(62s);
    EXPECT_EQ(next_detach(host), "t1");
    EXPECT_TRUE(host.next_call<wire::AttachNetworkRequest>());
}

TEST(an_attachment, that_nobody_wants_any_more_when_it_is_granted_is_given_back) {
    virtual_member host;
    host.become_ready();
    host.want({{"c1", "red"}});
    const auto first = host.next_call<wire::AttachNetworkRequest>();
    host.want({});
    host.want({{"c1", "red"}});
    const auto second = host.next_call<wire::AttachNetworkRequest>();
    ASSERT_TRUE(first && second);
    host.answer(*second, granted("t2"));
    host.answer(*first, granted("t1"));
    EXPECT_EQ(next_detach(host), "t1");
    host.assign(host.change({virtual_member::attachment_task("t2", "c1")}));
    EXPECT_EQ(host.seen.attachments["c1"].id, "t2");
    EXPECT_FALSE(next_detach(host));
}

TEST(an_attachment, of_unknown_outcome_is_found_in_the_next_sessions_list) {
    virtual_member host;
    host.become_ready();
    host.want({{"c1", "red"}, {"c2", "red"}});
    ASSERT_TRUE(host.next_call<wire::AttachNetworkRequest>());
    host.core.stream_ended(host.session, {call_code::unavailable, "gone"}, host.at);
    host.settle();
    host.effects.clear();
    ASSERT_TRUE(host.open_the_session());
    // Not before the list is heard.
    EXPECT_FALSE(host.next_call<wire::AttachNetworkRequest>());
    host.assign(host.complete({virtual_member::attachment_task("t1", "c1")}));
    const auto call = host.next_call<wire::AttachNetworkRequest>();
    ASSERT_TRUE(call);
    EXPECT_EQ(std::get<wire::AttachNetworkRequest>(call->what).container_id(), "c2");
    EXPECT_FALSE(host.next_call<wire::AttachNetworkRequest>());
    EXPECT_EQ(host.seen.attachments["c1"].id, "t1");
}

TEST(an_attachment, that_the_managers_end_is_asked_for_anew) {
    virtual_member host;
    host.become_ready({virtual_member::attachment_task("t1", "c1")});
    host.want({{"c1", "red"}});
    EXPECT_EQ(next_report(host)["t1"], wire::RUNNING);
    auto ending = virtual_member::attachment_task("t1", "c1");
    ending.set_desired_state(wire::SHUTDOWN);
    host.assign(host.change({ending}));
    EXPECT_TRUE(host.seen.attachments.empty());
    EXPECT_EQ(next_report(host)["t1"], wire::SHUTDOWN);
    EXPECT_EQ(next_detach(host), "t1");
    host.run(2s);
    EXPECT_TRUE(host.next_call<wire::AttachNetworkRequest>());
}

TEST(an_attachment, of_no_use_is_told_with_its_reason) {
    struct garbage {
        const char* told;
        void (*spoil)(wire::Task&);
    };
    const char* vnis = "com.docker.network.driver.overlay.vxlanid_list";
    static const std::string list = vnis;
    const garbage all[] = {
        {"no network", [](wire::Task& task) { task.clear_networks(); }},
        {"no address", [](wire::Task& task) { task.mutable_networks(0)->clear_addresses(); }},
        {"malformed", [](wire::Task& task) { task.mutable_networks(0)->set_addresses(0, "10.0.1.300/24"); }},
        {"no usable id", [](wire::Task& task) { task.mutable_networks(0)->mutable_network()->clear_id(); }},
        {"no usable id",
         [](wire::Task& task) {
             task.mutable_networks(0)->mutable_network()->set_id(std::string(1 << 16, 'x'));
         }},
        {"overlay only",
         [](wire::Task& task) {
             task.mutable_networks(0)->mutable_network()->mutable_driver_state()->set_name("bridge");
         }},
        {"no VNI",
         [](wire::Task& task) {
             task.mutable_networks(0)->mutable_network()->mutable_driver_state()->clear_options();
         }},
        {"list of VNIs is malformed",
         [](wire::Task& task) {
             (*task.mutable_networks(0)->mutable_network()->mutable_driver_state()->mutable_options())[list] =
                 "1,,2";
         }},
        {"list of VNIs is malformed",
         [](wire::Task& task) {
             (*task.mutable_networks(0)->mutable_network()->mutable_driver_state()->mutable_options())[list] =
                 "16777216";
         }},
        {"more subnets than VNIs",
         [](wire::Task& task) {
             task.mutable_networks(0)->mutable_network()->mutable_ipam()->add_configs()->set_subnet(
                 "10.0.2.0/24");
         }},
        {"subnet of it is malformed",
         [](wire::Task& task) {
             task.mutable_networks(0)->mutable_network()->mutable_ipam()->mutable_configs(0)->set_subnet(
                 "10.0.1.0");
         }},
        {"gateway of it is malformed",
         [](wire::Task& task) {
             task.mutable_networks(0)->mutable_network()->mutable_ipam()->mutable_configs(0)->set_gateway(
                 "x");
         }},
        {"no IPv4 subnet",
         [](wire::Task& task) {
             task.mutable_networks(0)->mutable_network()->mutable_ipam()->clear_configs();
         }},
        {"MTU is malformed",
         [](wire::Task& task) {
             (*task.mutable_networks(0)
                   ->mutable_network()
                   ->mutable_driver_state()
                   ->mutable_options())["com.docker.network.driver.mtu"] = "60";
         }},
    };
    for (const garbage& each : all) {
        virtual_member host;
        host.become_ready();
        host.want({{"c1", "red"}});
        host.answer(*host.next_call<wire::AttachNetworkRequest>(), granted("t1"));
        auto task = virtual_member::attachment_task("t1", "c1");
        each.spoil(task);
        host.assign(host.change({task}));
        EXPECT_TRUE(host.seen.attachments.empty()) << each.told;
        EXPECT_NE(host.seen.refused["c1"].find(each.told), std::string::npos) << host.seen.refused["c1"];
        EXPECT_EQ(next_report(host)["t1"], wire::REJECTED) << each.told;
        EXPECT_EQ(next_detach(host), "t1") << each.told;
    }
}

TEST(a_network, is_read_whole) {
    auto task = virtual_member::attachment_task("t1", "c1");
    wire::Network& on = *task.mutable_networks(0)->mutable_network();
    auto& options = *on.mutable_driver_state()->mutable_options();
    options["com.docker.network.driver.overlay.vxlanid_list"] = "4097,4098";
    options["com.docker.network.driver.mtu"] = "1400";
    options["encrypted"] = "";
    auto& v6 = *on.mutable_ipam()->add_configs();
    v6.set_subnet("fd00:1::/64");
    on.mutable_ipam()->add_configs()->set_subnet("10.0.2.0/24");
    on.mutable_spec()->set_internal(true);
    virtual_member host;
    host.become_ready({task});
    const network& seen = host.seen.networks["net-red"];
    ASSERT_EQ(seen.subnets.size(), 2U);
    EXPECT_EQ(seen.subnets[0].gateway, ip_address::parse("10.0.1.1"));
    EXPECT_EQ(seen.subnets[1].id.value(), 4098U);
    EXPECT_EQ(seen.subnets_v6.size(), 1U);
    EXPECT_TRUE(seen.encrypted && seen.internal && seen.attachable && !seen.ingress);
    EXPECT_EQ(seen.mtu, 1400);
}

}  // namespace
}  // namespace waggle::control::swarm
