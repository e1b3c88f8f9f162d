#include "control/overlay/reconciler.hh"

#include <gtest/gtest.h>

#include "control/overlay/desired_state.hh"
#include "tests/unit/overlay/fake_dataplane.hh"
#include "tests/unit/overlay/samples.hh"

namespace waggle::control {
namespace {

using std::chrono::seconds;

/// Overlay blue with a remote endpoint and `ports` local vhost-user endpoints e0, e1, ...
changing_state state_with(int ports, const std::string& socket = "/run/s") {
    config::config config = small_config();
    config.endpoints = {endpoint_on("beta", "far", "10.1.0.250/24")};
    for (int i = 0; i < ports; ++i)
        config.endpoints.push_back(endpoint_on("alpha", "e" + std::to_string(i),
                                               ("10.1.0." + std::to_string(i + 10) + "/24").c_str(),
                                               config::vhost_user_attachment{socket + std::to_string(i), 1}));
    return std::make_shared<api::state>(compute_desired_state(config, small_facts()).state);
}

class reconciler_test : public testing::Test {
protected:
    void settle_now() { ASSERT_TRUE(settle(one, dataplane, now)); }
    /// Lets virtual time pass, waking the reconciler when it asks for it.
    void pass(seconds time) {
        moment end = now + time;
        for (auto wake = one.wake_at(); wake && *wake <= end; wake = one.wake_at()) {
            ASSERT_GE(*wake, now) << "no busy loop";
            now = std::max(now + std::chrono::milliseconds(1), *wake);
            settle_now();
        }
        now = end;
    }
    std::string messages() {
        std::string text;
        for (const auto& each : one.take_messages()) text += (each.problem ? "! " : "  ") + each.text + "\n";
        return text;
    }

    reconciler one;
    fake_dataplane dataplane;
    moment now{};
};

TEST_F(reconciler_test, sends_a_snapshot_first_and_differences_after_it) {
    one.desire(state_with(1), now);
    EXPECT_FALSE(one.next(now)) << "not connected";
    connect(one, dataplane, now);
    settle_now();
    EXPECT_EQ(dataplane.state, *state_with(1));
    one.desire(state_with(2), now);
    settle_now();
    EXPECT_EQ(dataplane.state, *state_with(2));
    EXPECT_EQ(dataplane.snapshots, 1U);
    EXPECT_EQ(dataplane.deltas, 1U);
    one.desire(state_with(2), now);
    EXPECT_FALSE(one.next(now)) << "nothing differs";
    EXPECT_TRUE(one.diff().empty());
    EXPECT_EQ(messages(), "");
}

TEST_F(reconciler_test, one_batch_is_in_flight_and_changes_gather) {
    one.desire(state_with(1), now);
    connect(one, dataplane, now);
    auto snapshot = one.next(now);
    ASSERT_TRUE(snapshot && snapshot->snapshot);
    for (int i = 2; i < 6; ++i) {
        one.desire(state_with(i), now);
        EXPECT_FALSE(one.next(now));
    }
    EXPECT_EQ(dataplane.take(*snapshot), "");
    one.acknowledged();
    auto change = one.next(now);
    ASSERT_TRUE(change && !change->snapshot);
    EXPECT_EQ(change->change.upserts.ports.size(), 4U);
    EXPECT_EQ(dataplane.take(*change), "");
    one.acknowledged();
    EXPECT_FALSE(one.next(now));
    EXPECT_EQ(dataplane.state, *state_with(5));
}

TEST_F(reconciler_test, an_unacknowledged_batch_is_sent_again_on_the_next_connection) {
    one.desire(state_with(2), now);
    connect(one, dataplane, now);
    ASSERT_TRUE(one.next(now));
    one.disconnected();
    EXPECT_FALSE(one.next(now));
    EXPECT_FALSE(one.diff().empty());
    connect(one, dataplane, now);
    settle_now();
    EXPECT_EQ(dataplane.state, *state_with(2));
    EXPECT_TRUE(one.diff().empty());
}

TEST_F(reconciler_test, a_restarted_dataplane_gets_everything) {
    one.desire(state_with(2), now);
    connect(one, dataplane, now);
    settle_now();
    one.disconnected();
    EXPECT_EQ(one.diff().size(), api::difference({}, *state_with(2)).size())
        << "nothing is known to be there";
    dataplane.restart();
    connect(one, dataplane, now);
    settle_now();
    EXPECT_EQ(dataplane.state, *state_with(2));
}

TEST_F(reconciler_test, a_port_that_cannot_be_opened_does_not_keep_back_the_rest) {
    for (bool names : {true, false}) {
        one = {};
        dataplane = {};
        dataplane.names_ports = names;
        dataplane.broken = {"vhost-e3"};
        one.desire(state_with(9), now);
        connect(one, dataplane, now);
        settle_now();
        EXPECT_EQ(dataplane.state.ports.size(), 8U);
        EXPECT_EQ(dataplane.state.forwarding.size(), 9U) << "the port's own entry is missing";
        EXPECT_EQ(dataplane.state.neighbours.size(), 9U);
        ASSERT_TRUE(one.faults().contains("vhost-e3"));
        EXPECT_EQ(one.diff().size(), 3U) << "port, forwarding entry and neighbour";
        EXPECT_FALSE(one.port_in_force("vhost-e3"));
        EXPECT_TRUE(one.port_in_force("vhost-e4"));
        std::string said = messages();
        EXPECT_TRUE(said.starts_with("! the dataplane refuses port vhost-e3, which is tried again later: "))
            << said;
        EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;

        one.desire(state_with(10), now);
        settle_now();
        EXPECT_EQ(dataplane.state.ports.size(), 9U) << "later changes go through";
    }
}

TEST_F(reconciler_test, a_refused_port_is_tried_again_ever_more_slowly_and_said_once) {
    dataplane.broken = {"vhost-e0"};
    one.desire(state_with(2), now);
    connect(one, dataplane, now);
    settle_now();
    messages();
    unsigned before = dataplane.refusals;
    pass(seconds(3600));
    unsigned retries = dataplane.refusals - before;
    EXPECT_GE(retries, 12U);
    EXPECT_LE(retries, 20U);
    EXPECT_EQ(messages(), "");
    dataplane.broken.clear();
    pass(seconds(301));
    EXPECT_EQ(dataplane.state, *state_with(2));
    EXPECT_EQ(messages(), "  the dataplane accepts port vhost-e0 now\n");
    EXPECT_TRUE(one.faults().empty());
    EXPECT_FALSE(one.wake_at());
}

TEST_F(reconciler_test, a_port_defined_anew_is_tried_at_once) {
    dataplane.broken = {"vhost-e0"};
    one.desire(state_with(1), now);
    connect(one, dataplane, now);
    settle_now();
    ASSERT_EQ(one.faults().size(), 1U);
    dataplane.broken.clear();
    one.desire(state_with(1, "/elsewhere"), now);
    settle_now();
    EXPECT_EQ(dataplane.state, *state_with(1, "/elsewhere"));
}

TEST_F(reconciler_test, a_port_no_longer_wanted_is_no_fault) {
    dataplane.broken = {"vhost-e1"};
    one.desire(state_with(2), now);
    connect(one, dataplane, now);
    settle_now();
    one.desire(state_with(1), now);
    settle_now();
    EXPECT_TRUE(one.faults().empty());
    EXPECT_TRUE(one.diff().empty());
}

TEST_F(reconciler_test, a_refused_change_of_a_port_leaves_it_as_it_was) {
    one.desire(state_with(3), now);
    connect(one, dataplane, now);
    settle_now();
    for (bool names : {true, false}) {
        dataplane.names_ports = names;
        dataplane.broken = {"vhost-e1"};
        one.desire(state_with(3, "/new"), now);
        settle_now();
        EXPECT_EQ(dataplane.state.ports.at("vhost-e1"), state_with(3)->ports.at("vhost-e1"));
        EXPECT_EQ(dataplane.state.ports.at("vhost-e2"), state_with(3, "/new")->ports.at("vhost-e2"));
        EXPECT_EQ(dataplane.state.forwarding.size(), 4U) << "it is still reached";
        dataplane.broken.clear();
        one.desire(state_with(3), now);
        settle_now();
        EXPECT_EQ(dataplane.state, *state_with(3));
    }
}

TEST_F(reconciler_test, several_broken_ports_are_found_without_being_named) {
    dataplane.names_ports = false;
    dataplane.broken = {"vhost-e0", "vhost-e7", "vhost-e8", "vhost-e19"};
    one.desire(state_with(20), now);
    connect(one, dataplane, now);
    settle_now();
    EXPECT_EQ(dataplane.state.ports.size(), 16U);
    EXPECT_EQ(one.faults().size(), 4U);
}

TEST_F(reconciler_test, ports_open_from_an_earlier_owner_stay_open_during_a_search) {
    one.desire(state_with(4), now);
    connect(one, dataplane, now);
    settle_now();
    // Control restarts and wants one more, which is broken; the refusal does not say which.
    one = {};
    dataplane.names_ports = false;
    dataplane.broken = {"vhost-e4"};
    one.desire(state_with(5), now);
    connect(one, dataplane, now);
    for (int i = 0; i < 20; ++i) {
        auto batch = one.next(now);
        if (!batch) break;
        std::string reason = dataplane.take(*batch);
        ASSERT_EQ(dataplane.state.ports.size(), 4U) << "none was closed in between";
        if (reason.empty())
            one.acknowledged();
        else
            one.refused(reason, now);
    }
    EXPECT_EQ(one.faults().size(), 1U);
    EXPECT_TRUE(one.faults().contains("vhost-e4"));
}

TEST_F(reconciler_test, a_refusal_of_what_is_not_wanted_any_more_is_over) {
    const auto more = [] {
        auto state = std::make_shared<api::state>(*state_with(3));
        const vni overlay = state->overlays.begin()->first;
        state->neighbours.emplace({overlay, ip_address::from_v4(0x0a63'0001)}, mac_address::from_u64(2));
        return state;
    };
    one.desire(state_with(3), now);
    connect(one, dataplane, now);
    settle_now();
    dataplane.refuse_all = true;
    one.desire(more(), now);
    settle_now();
    EXPECT_EQ(one.refusal(), "table full");
    messages();
    // What is in force is what is wanted: there is nothing to send that could be accepted.
    one.desire(state_with(3), now);
    pass(seconds(600));
    EXPECT_EQ(one.refusal(), "");
    EXPECT_FALSE(one.wake_at()) << "it would be asked again and again";
    EXPECT_EQ(messages(), "  what the dataplane refused is not wanted any more\n");
    dataplane.refuse_all = false;
    one.desire(more(), now);
    settle_now();
    EXPECT_EQ(dataplane.state, *more());
}

TEST_F(reconciler_test, a_refusal_that_is_about_no_port_is_retried_without_a_busy_loop) {
    dataplane.refuse_all = true;
    one.desire(state_with(3), now);
    connect(one, dataplane, now);
    settle_now();
    EXPECT_EQ(one.refusal(), "table full");
    EXPECT_EQ(messages(), "! the dataplane refuses the state: table full\n");
    EXPECT_TRUE(one.faults().empty()) << "the ports are not to blame";
    unsigned before = dataplane.refusals;
    pass(seconds(600));
    EXPECT_LE(dataplane.refusals - before, 2 * (6U + 10U));
    EXPECT_EQ(messages(), "");
    for (int i = 0; i < 100; ++i) {
        one.desire(state_with(3 + i % 2), now);
        settle_now();
    }
    before = dataplane.refusals;
    EXPECT_LE(dataplane.refusals - before, 4U) << "a stream of changes is no stream of snapshots";
    dataplane.refuse_all = false;
    pass(seconds(2));
    EXPECT_EQ(dataplane.state, *state_with(4));
    EXPECT_EQ(messages(), "  the dataplane accepts the state again\n");
}

TEST_F(reconciler_test, a_port_that_came_later_is_not_blamed_for_what_was_refused_before) {
    dataplane.refuse_all = true;
    one.desire(state_with(0), now);
    connect(one, dataplane, now);
    settle_now();
    one.desire(state_with(1), now);
    pass(seconds(60));
    EXPECT_TRUE(one.faults().empty());
    EXPECT_EQ(messages(), "! the dataplane refuses the state: table full\n");
    dataplane.refuse_all = false;
    pass(seconds(60));
    EXPECT_EQ(dataplane.state, *state_with(1));
}

TEST_F(reconciler_test, a_longer_name_in_a_refusal_is_another_port) {
    dataplane.broken = {"vhost-e10"};
    one.desire(state_with(12), now);
    connect(one, dataplane, now);
    settle_now();
    EXPECT_EQ(one.faults().size(), 1U);
    EXPECT_TRUE(one.faults().contains("vhost-e10"));
}

TEST(state_parts, a_tap_stays_with_its_overlay) {
    auto previous = std::make_shared<api::state>();
    previous->overlays.emplace(id(7), api::overlay{"red", 1450, false});
    previous->ports.emplace("wg7", api::access_port{id(7), 1450, api::tap_port{"wg7", "/ns"}});
    changing_state empty = std::make_shared<api::state>();
    shared_state kept = with_ports_of(empty, {"wg7", "wg8"}, *previous);
    EXPECT_EQ(*kept, *previous);
    EXPECT_EQ(with_ports_of(empty, {}, *previous), empty);
    EXPECT_EQ(with_ports_of(previous, {"wg7"}, *previous), previous) << "still wanted";
}

}  // namespace
}  // namespace waggle::control
