#include "dataplane/api/delta.hh"

#include <gtest/gtest.h>

#include "dataplane/api/tracked_state.hh"
#include "dataplane/api/validate.hh"
#include "tests/unit/api/random_state.hh"

namespace waggle::api {
namespace {

TEST(delta, difference_turns_one_state_into_another) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_states states(seed);
    state current;
    for (int round = 0; round < 300; ++round) {
        const state next = states.next();
        const delta change = difference(current, next);
        ASSERT_EQ(change.empty(), current == next);
        apply(current, change);
        ASSERT_TRUE(current == next);
        ASSERT_TRUE(difference(current, next).empty());
        ASSERT_TRUE(check(current).ok()) << check(current).failure().message;
    }
}

TEST(delta, names_only_what_differs) {
    random_states states(1);
    state from = states.next();
    state to = from;
    from.overlays[*vni::from(7)] = {"seven", 1400, false};
    to.overlays[*vni::from(7)] = {"seven", 1401, false};
    const delta change = difference(from, to);
    EXPECT_EQ(change.size(), 1U);
    ASSERT_EQ(change.upserts.overlays.size(), 1U);
    EXPECT_EQ(change.upserts.overlays[0].second.mtu, 1401);
}

TEST(delta, a_key_named_twice_gets_the_later_value_and_removals_come_last) {
    state target;
    delta change;
    const vni id = *vni::from(5);
    change.upserts.overlays = {{id, {"first", 1400, false}}, {id, {"second", 1400, false}}};
    apply(target, change);
    EXPECT_EQ(target.overlays.at(id).name, "second");
    change.removals.overlays = {id};
    apply(target, change);
    EXPECT_TRUE(target.overlays.empty());
}

/// Changes that often break a reference or remove what is not there.
delta careless_change(random_states& states, const state& base) {
    delta change = difference(base, states.next());
    const auto thin = [&](auto& list) {
        std::erase_if(list, [&](const auto&) { return states.chance(60); });
    };
    // Mostly small and kind changes, or hardly any would pass.
    thin(change.upserts.ports);
    thin(change.upserts.members);
    if (states.chance(50)) thin(change.upserts.forwarding);
    thin(change.upserts.neighbours);
    for (int i = 0; i < 3; ++i) {
        thin(change.removals.ports);
        thin(change.removals.overlays);
        thin(change.removals.vteps);
        thin(change.removals.members);
    }
    thin(change.removals.forwarding);
    if (states.chance(5)) change.removals.overlays.push_back(states.nth_vni(states.below(5)));
    if (states.chance(5)) change.removals.members.push_back({states.nth_vni(0), states.nth_vtep(0)});
    if (states.chance(5) && !change.upserts.forwarding.empty())
        change.removals.forwarding.push_back(change.upserts.forwarding.front().first);
    if (states.chance(5) && !change.upserts.neighbours.empty())
        change.upserts.neighbours.push_back(change.upserts.neighbours.front());
    return change;
}

TEST(tracked_state, gives_the_same_verdict_as_the_slow_check_and_undoes_what_it_refuses) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_states states(seed);
    tracked_state tracked;
    state model;
    int accepted = 0;
    int refused = 0;
    for (int round = 0; round < 4000; ++round) {
        const delta change =
            states.chance(20) ? difference(model, states.next()) : careless_change(states, model);
        const result<void> verdict = validate(model, change);
        auto applied = tracked.apply(change);
        ASSERT_EQ(applied.ok(), verdict.ok())
            << (verdict.ok() ? applied.failure().message : verdict.failure().message);
        if (applied.ok()) {
            ++accepted;
            if (states.chance(30)) {
                tracked.undo(*std::move(applied));
            } else {
                apply(model, change);
            }
        } else {
            ++refused;
        }
        ASSERT_TRUE(tracked.get() == model);
        ASSERT_TRUE(tracked.check_closed().ok());
    }
    EXPECT_GT(accepted, 400);
    EXPECT_GT(refused, 400);
}

TEST(tracked_state, pieces_of_a_snapshot_are_closed_exactly_if_the_whole_is) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_states states(seed);
    int open = 0;
    for (int round = 0; round < 500; ++round) {
        state whole = states.next();
        if (states.chance(50) && !whole.overlays.empty()) whole.overlays.erase(whole.overlays.begin());
        if (states.chance(30) && !whole.vteps.empty()) whole.vteps.erase(whole.vteps.begin());
        if (states.chance(30) && !whole.members.empty()) whole.members.erase(whole.members.begin());
        if (states.chance(30) && !whole.ports.empty())
            whole.ports.begin()->second.overlay = states.nth_vni(0);
        tracked_state tracked;
        ASSERT_TRUE(tracked.add(difference({}, whole).upserts).ok());
        ASSERT_TRUE(tracked.get() == whole);
        ASSERT_EQ(tracked.check_closed().ok(), check(whole).ok());
        if (!tracked.check_closed().ok()) ++open;
    }
    EXPECT_GT(open, 50);
    EXPECT_LT(open, 450);
}

}  // namespace
}  // namespace waggle::api
