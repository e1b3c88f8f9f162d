#include <gtest/gtest.h>

#include "tests/unit/swarm/manager_answers.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;
using test::next_detach;
using test::virtual_member;

TEST(a_start, without_a_manager_has_what_was_kept) {
    virtual_member before;
    before.become_ready({virtual_member::attachment_task("t1", "c1"), virtual_member::container_task("t2")});
    before.run(1s);
    std::optional<keep_state> state;
    while (auto each = before.next<keep_state>()) state = std::move(each);
    const auto keys = before.next<keep_keys>();
    ASSERT_TRUE(state && keys);
    EXPECT_EQ(state->what.tasks_size(), 1);

    virtual_member after;
    after.core.start(*before.kept, state->what, keys->what, after.at);
    after.settle();
    EXPECT_EQ(after.seen.phase, phase::disconnected);
    EXPECT_EQ(after.seen.node_id, "node1");
    EXPECT_EQ(after.seen.attachments["c1"].id, "t1");
    EXPECT_EQ(after.seen.networks.size(), 1U);
    EXPECT_EQ(after.seen.gossip_keys, before.seen.gossip_keys);
    EXPECT_EQ(after.seen.managers, before.seen.managers);
    EXPECT_FALSE(after.seen.complete);
    // What is wanted is still there, what isn't waits for a manager.
    after.want({{"c1", "red"}, {"c9", "red"}});
    EXPECT_EQ(after.seen.attachments.size(), 1U);
    EXPECT_FALSE(after.next_call<wire::AttachNetworkRequest>());
    after.ca = std::move(before.ca);
    ASSERT_TRUE(after.open_the_session());
    after.assign(after.complete({virtual_member::attachment_task("t1", "c1")}));
    EXPECT_TRUE(after.seen.complete);
    EXPECT_EQ(std::get<wire::AttachNetworkRequest>(after.next_call<wire::AttachNetworkRequest>()->what)
                  .container_id(),
              "c9");
}

TEST(a_start, right_after_joining_knows_a_manager) {
    virtual_member before;
    before.join();
    // Killed before anything else happens.
    const auto state = before.next<keep_state>();
    ASSERT_TRUE(state);
    ASSERT_EQ(state->what.managers_size(), 1);
    EXPECT_EQ(state->what.managers(0).peer().addr(), "192.0.2.1:2377");
    virtual_member after;
    after.core.start(*before.kept, state->what, {}, after.at);
    after.settle();
    after.ca = std::move(before.ca);
    EXPECT_TRUE(after.open_the_session());
}

TEST(a_start, that_knows_no_manager_says_what_to_do) {
    virtual_member before;
    before.join();
    virtual_member after;
    after.core.start(*before.kept, {}, {}, after.at);
    after.settle();
    EXPECT_EQ(after.seen.phase, phase::disconnected);
    EXPECT_EQ(after.seen.problem.find("no manager of the swarm is known any more"), 0U) << after.seen.problem;
}

TEST(a_stop, gives_back_within_two_seconds_or_not_at_all) {
    for (const bool release : {true, false}) {
        virtual_member host;
        host.become_ready({virtual_member::attachment_task("t1", "c1")});
        host.want({{"c1", "red"}});
        host.core.stop(release, host.at);
        host.settle();
        EXPECT_EQ(host.core.over(), !release);
        EXPECT_EQ(host.next_call<wire::DetachNetworkRequest>().has_value(), release);
        host.run(2s);
        EXPECT_TRUE(host.core.over());
    }
    virtual_member host;
    host.become_ready({virtual_member::attachment_task("t1", "c1")});
    host.want({{"c1", "red"}});
    host.core.stop(true, host.at);
    host.settle();
    EXPECT_EQ(next_detach(host), "t1");
    host.run(1ms);
    EXPECT_TRUE(host.core.over());
}

TEST(a_leave, forgets_all_and_leaves_room_for_another_join) {
    virtual_member host;
    host.become_ready({virtual_member::attachment_task("t1", "c1")});
    host.want({{"c1", "red"}});
    host.core.leave(host.at);
    host.settle();
    EXPECT_FALSE(host.forgotten);
    EXPECT_EQ(next_detach(host), "t1");
    host.run(1ms);
    EXPECT_TRUE(host.forgotten);
    EXPECT_EQ(host.left_count, 1);
    EXPECT_EQ(host.seen.phase, phase::outside);
    EXPECT_TRUE(host.seen.attachments.empty() && host.seen.gossip_keys.empty() && host.seen.node_id.empty());
    host.effects.clear();
    host.node_id = "node2";
    host.join_outcome.reset();
    ASSERT_NO_FATAL_FAILURE(host.join());
    ASSERT_TRUE(host.open_the_session());
    host.assign(host.complete());
    // What was wanted still is.
    EXPECT_TRUE(host.next_call<wire::AttachNetworkRequest>());
    EXPECT_EQ(host.seen.node_id, "node2");
}

TEST(a_paused_node, is_told_what_to_do) {
    virtual_member host;
    host.become_ready();
    auto message = host.session_message();
    message.mutable_node()->mutable_spec()->set_availability(wire::NodeSpec::DRAIN);
    host.tell(message);
    EXPECT_NE(host.seen.problem.find("docker node update --availability active node1"), std::string::npos);
    message.mutable_node()->mutable_spec()->set_availability(wire::NodeSpec::ACTIVE);
    host.tell(message);
    EXPECT_TRUE(host.seen.problem.empty());
}

}  // namespace
}  // namespace waggle::control::swarm
