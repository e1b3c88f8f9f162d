#include <gtest/gtest.h>

#include "dataplane/api/reader_client.hh"
#include "tests/unit/api/big_state.hh"
#include "tests/unit/api/dataplane_fixture.hh"
#include "tests/unit/api/owner_driver.hh"
#include "tests/unit/api/random_state.hh"

namespace waggle::api {
namespace {

reader_client connect(const std::string& path) {
    auto client = reader_client::connect(path);
    if (!client) throw std::runtime_error(client.failure().message);
    return *std::move(client);
}

TEST(session, snapshot_then_deltas_over_the_socket) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_states states(seed);
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    EXPECT_EQ(owner.instance, dataplane.instance());
    EXPECT_EQ(owner.applied_generation, 0U);
    state current;
    EXPECT_EQ(owner.replace(current), "");
    for (int round = 0; round < 100; ++round) {
        const state next = states.next();
        ASSERT_EQ(states.chance(20) ? owner.replace(next) : owner.apply(difference(current, next)), "");
        current = next;
        ASSERT_TRUE(dataplane.holds(current));
    }
    EXPECT_EQ(owner.session->outstanding(), 0U);
    EXPECT_EQ(owner.acknowledged.back(), 101U);
}

TEST(session, a_reader_sees_what_is_applied) {
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    random_states states(11);
    state current = states.next();
    while (current.ports.size() < 2 || current.forwarding.size() < 20 || current.associations.size() < 3)
        current = states.next();
    ASSERT_EQ(owner.replace(current), "");
    reader_client reader = connect(dataplane.path());

    const auto status = reader.status();
    ASSERT_TRUE(status.ok()) << status.failure().message;
    EXPECT_EQ(status->node, "alpha");
    EXPECT_EQ(status->version, WAGGLE_VERSION);
    EXPECT_EQ(status->instance, dataplane.instance());
    EXPECT_EQ(status->applied_generation, 1U);
    EXPECT_TRUE(status->owned);
    EXPECT_EQ(status->forwarding, current.forwarding.size());
    EXPECT_EQ(status->members, current.members.size());

    EXPECT_EQ(status->associations, current.associations.size());

    state without_associations = current;
    without_associations.associations.clear();
    EXPECT_TRUE(*reader.applied_state() == without_associations);
    const auto associations = reader.associations();
    ASSERT_EQ(associations->size(), current.associations.size());
    for (const association_report& one : *associations) {
        association expected = current.associations.at(one.key);
        EXPECT_EQ(one.fingerprint, expected.keying_material.fingerprint());
        expected.keying_material.wipe();
        EXPECT_EQ(one.parameters, expected);
    }
    EXPECT_EQ(reader.ports()->size(), current.ports.size() + 1);
    EXPECT_EQ(reader.ports()->front().name, "uplink");
    const auto overlays = reader.overlays();
    ASSERT_EQ(overlays->size(), current.overlays.size());
    for (const overlay_report& one : *overlays) {
        EXPECT_EQ(one.parameters, current.overlays.at(one.id));
        EXPECT_EQ(one.members, static_cast<std::uint64_t>(
                                   std::count_if(current.members.begin(), current.members.end(),
                                                 [&](const member& m) { return m.overlay == one.id; })));
    }
    const auto vteps = reader.vteps();
    ASSERT_EQ(vteps->size(), current.vteps.size());
    std::size_t members = 0;
    for (const vtep_report& one : *vteps) {
        EXPECT_EQ(one.parameters, current.vteps.at(one.address));
        members += one.overlays.size();
    }
    EXPECT_EQ(members, current.members.size());
    EXPECT_EQ(reader.forwarding()->size(), current.forwarding.size());
    EXPECT_EQ(reader.neighbours()->size(), current.neighbours.size());
    const vni first = overlays->front().id;
    const auto of_first = reader.forwarding(first);
    EXPECT_EQ(of_first->size(), static_cast<std::size_t>(std::count_if(
                                    current.forwarding.begin(), current.forwarding.end(),
                                    [&](const auto& entry) { return entry.first.overlay == first; })));
    for (const forwarding_report& one : *of_first) EXPECT_EQ(one.target, current.forwarding.at(one.key));
}

TEST(session, counters_that_moved_are_named) {
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    state current;
    current.overlays[*vni::from(9)] = {"nine", 1450, false};
    ASSERT_EQ(owner.replace(current), "");
    dataplane.run([](behind_socket& behind, server&) {
        const overlay_entry& entry = *behind.tables.overlay(behind.tables.overlay_of(*vni::from(9)));
        entry.counters[1].drop(drop_reason::unknown_destination, 3);
        entry.counters[0].encapsulated_packets.add(7);
        behind.writer.no_overlay_counters(0)->drop(drop_reason::unknown_vni);
        return 0;
    });
    reader_client reader = connect(dataplane.path());
    const auto counters = reader.counters();
    ASSERT_TRUE(counters.ok()) << counters.failure().message;
    const std::vector<counter_report> expected = {
        {std::nullopt, 0, "unknown_vni", "VNI of no overlay on this host", true, 1},
        {vni::from(9), 0, "encapsulated_packets", "frames sent into the tunnel", false, 7},
        {vni::from(9), 1, "unknown_destination", "destination MAC that nobody announced", true, 3}};
    EXPECT_EQ(*counters, expected);
}

TEST(session, what_a_snapshot_does_not_name_goes_at_its_end) {
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    const state before = big_state(1000);
    ASSERT_EQ(owner.replace(before), "");
    ASSERT_TRUE(dataplane.holds(before));
    const state after = big_state(10);
    ASSERT_EQ(owner.replace(after), "");
    EXPECT_TRUE(dataplane.holds(after));
    ASSERT_EQ(owner.replace({}), "");
    EXPECT_TRUE(dataplane.holds({}));
}

TEST(session, a_refused_delta_changes_nothing_and_asks_for_a_snapshot) {
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    delta nothing;
    EXPECT_EQ(owner.apply(nothing), "a session's first change must be a snapshot");
    const state current = big_state(10);
    ASSERT_EQ(owner.replace(current), "");
    delta bad;
    bad.upserts.overlays = {{*vni::from(1), {"good", 1450, false}}};
    bad.upserts.forwarding = {
        {{*vni::from(4097), mac_address::from_u64(2)}, *ip_address::parse("198.51.100.1")}};
    EXPECT_EQ(
        owner.apply(bad),
        "forwarding entry 00:00:00:00:00:02 of overlay 4097: 198.51.100.1 is not a member of the overlay");
    EXPECT_TRUE(dataplane.holds(current));
    // Sent before the refusal was known, relative to what was refused.
    EXPECT_NE(owner.apply(nothing).find("send a snapshot"), std::string::npos);
    EXPECT_EQ(owner.replace(current), "");
    EXPECT_EQ(owner.apply(nothing), "");
}

TEST(session, a_second_owner_is_refused_while_the_first_lives_and_takes_over_then) {
    served_dataplane dataplane;
    owner_driver first(dataplane.path());
    ASSERT_TRUE(first.connect());
    const state current = big_state(100);
    ASSERT_EQ(first.replace(current), "");
    owner_driver second(dataplane.path());
    ASSERT_TRUE(second.run_until([&] { return !second.losses.empty(); }));
    EXPECT_EQ(second.losses.front(),
              "waggle-dataplane: another waggle-control owns this dataplane; stop it first");
    EXPECT_FALSE(second.session->is_connected());
    first.session.reset();
    first.context.restart();
    first.context.poll();
    ASSERT_TRUE(second.connect());
    EXPECT_EQ(second.losses.size(), 1U) << "each loss is reported once";
    EXPECT_EQ(second.applied_generation, 1U);
    EXPECT_TRUE(dataplane.holds(current)) << "forwarding goes on without an owner";
    EXPECT_EQ(second.replace(big_state(50)), "");
    EXPECT_EQ(second.acknowledged.back(), 2U);
}

TEST(session, an_owner_finds_its_way_back_to_a_restarted_dataplane) {
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    ASSERT_EQ(owner.replace(big_state(10)), "");
    const std::uint64_t before = owner.instance;
    dataplane.stop();
    ASSERT_TRUE(owner.run_until([&] { return !owner.session->is_connected(); }));
    EXPECT_EQ(owner.losses.back(), "waggle-dataplane closed the connection");
    EXPECT_FALSE(owner.session->send_delta({}).has_value());
    dataplane.start(true);
    ASSERT_TRUE(owner.connect());
    EXPECT_NE(owner.instance, before);
    EXPECT_EQ(owner.applied_generation, 0U);
    EXPECT_EQ(owner.replace(big_state(20)), "");
    EXPECT_TRUE(dataplane.holds(big_state(20)));
}

TEST(session, events_reach_the_owner_and_subscribers) {
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    reader_client subscriber = connect(dataplane.path());
    reader_client silent = connect(dataplane.path());
    ASSERT_TRUE(subscriber.subscribe().ok());
    ASSERT_TRUE(subscriber.status().ok());
    const event down{event::kind::port_down, "uplink"};
    dataplane.run([&](behind_socket&, server& serving) {
        serving.publish(down);
        return 0;
    });
    ASSERT_TRUE(owner.run_until([&] { return !owner.events.empty(); }));
    EXPECT_EQ(owner.events.front(), down);
    // An answer that comes behind the event does not lose it.
    ASSERT_TRUE(subscriber.status().ok());
    EXPECT_EQ(**subscriber.next_event(std::chrono::seconds(30)), down);
    EXPECT_FALSE(silent.next_event(std::chrono::milliseconds(1))->has_value());
}

TEST(session, a_big_state_comes_in_and_goes_out_in_pieces_while_it_changes) {
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    const state big = big_state(100'000);
    ASSERT_EQ(owner.replace(big), "");
    std::atomic<bool> stop{false};
    std::thread changing([&] {
        const vni overlay = *vni::from(4097);
        // Grows the tables, which makes a running answer start again, and shrinks them.
        for (std::uint64_t round = 0; !stop; ++round) {
            delta change;
            for (std::uint64_t i = 0; i < 50'000; ++i) {
                const forwarding_key key{overlay, mac_address::from_u64(0x0442'0000'0000 + i)};
                if (round % 2 == 0) {
                    change.upserts.forwarding.emplace_back(key, ip_address::from_v4(0xc000'0201));
                } else {
                    change.removals.forwarding.push_back(key);
                }
            }
            ASSERT_EQ(owner.apply(change), "");
        }
    });
    reader_client reader = connect(dataplane.path());
    for (int round = 0; round < 5; ++round) {
        const auto entries = reader.forwarding();
        ASSERT_TRUE(entries.ok()) << entries.failure().message;
        std::size_t stable = 0;
        for (const forwarding_report& one : *entries)
            if (one.key.mac.to_u64() < 0x0442'0000'0000) ++stable;
        EXPECT_EQ(stable, 100'000U);
    }
    stop = true;
    changing.join();
}

TEST(reader_client, says_plainly_that_nobody_is_there) {
    const auto missing = reader_client::connect("/nonexistent/dataplane.sock");
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.failure().message,
              "waggle-dataplane is not running (no socket at /nonexistent/dataplane.sock)");
}

}  // namespace
}  // namespace waggle::api
