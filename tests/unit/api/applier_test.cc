#include "dataplane/api/applier.hh"

#include <gtest/gtest.h>

#include "dataplane/api/validate.hh"
#include "tests/unit/api/dataplane_fixture.hh"
#include "tests/unit/api/random_state.hh"

namespace waggle::api {
namespace {

std::unique_ptr<tracked_state> tracked(const state& whole) {
    auto out = std::make_unique<tracked_state>();
    EXPECT_TRUE(out->add(difference({}, whole).upserts).ok());
    EXPECT_TRUE(out->check_closed().ok());
    return out;
}

TEST(applier, snapshots_and_deltas_lead_to_the_tables_of_replacing_everything) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_states states(seed);
    behind_socket behind;
    state current;
    for (int round = 0; round < 300; ++round) {
        const state next = states.next();
        const auto done = states.chance(50) ? behind.applied.apply(difference(current, next))
                                            : behind.applied.replace(tracked(next));
        ASSERT_TRUE(done.ok()) << done.failure().message;
        current = next;
        ASSERT_TRUE(tables_hold(behind, current)) << "round " << round;
    }
}

TEST(applier, what_fails_half_way_changes_nothing) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_states states(seed);
    behind_socket behind;
    state current;
    int refused = 0;
    for (int round = 0; round < 500; ++round) {
        state next = states.next();
        for (auto& [name, port] : next.ports) {
            if (states.chance(10)) port.kind = ethdev_port{"net_refused"};
            if (states.chance(10)) port.mtu = behind.ports.refused_mtu;
        }
        if (states.chance(10)) next.udp_port = behind.ports.refused_udp_port;
        const auto done = states.chance(50) ? behind.applied.apply(difference(current, next))
                                            : behind.applied.replace(tracked(next));
        if (done.ok()) {
            current = next;
        } else {
            ++refused;
        }
        ASSERT_TRUE(tables_hold(behind, current)) << "round " << round;
    }
    EXPECT_GT(refused, 20);
    EXPECT_LT(refused, 480);
}

struct applier_refusals : testing::Test {
    void SetUp() override {
        base.overlays[overlay] = {"one", 1450, false};
        base.ports["web"] = {overlay, 1450, tap_port{"tap1", "/run/netns/w"}};
        base.vteps[peer] = {};
        base.members.insert({overlay, peer});
        base.forwarding[{overlay, mac}] = peer;
        ASSERT_TRUE(behind.applied.replace(tracked(base)).ok());
    }
    std::string refusal(const delta& change) {
        const auto done = behind.applied.apply(change);
        EXPECT_TRUE(tables_hold(behind, base));
        return done.ok() ? std::string() : done.failure().message;
    }

    const vni overlay = *vni::from(1);
    const ip_address peer = *ip_address::parse("192.0.2.1");
    const mac_address mac = *mac_address::parse("02:42:00:00:00:01");
    state base;
    behind_socket behind;
};

TEST_F(applier_refusals, unknown_underlay_port) {
    delta change;
    change.upserts.vteps = {{peer, {next_hop{"eth9", peer, mac, mac, 1500}}}};
    EXPECT_EQ(refusal(change),
              "VTEP 192.0.2.1: there is no underlay port \"eth9\" (see node.underlay in the configuration)");
}

TEST_F(applier_refusals, port_that_cannot_be_opened_takes_everything_back) {
    delta change;
    change.upserts.overlays = {{*vni::from(2), {"two", 1450, true}}};
    change.upserts.ports = {{"good", {overlay, 1450, ethdev_port{"net_null0"}}},
                            {"web", {overlay, 1400, tap_port{"tap1", "/run/netns/w"}}},
                            {"bad", {overlay, 1450, ethdev_port{"net_refused"}}}};
    EXPECT_EQ(refusal(change), "port \"bad\": no such device");
}

TEST_F(applier_refusals, mtu_that_the_device_does_not_take) {
    delta change;
    change.upserts.ports = {{"web", {overlay, 9999, tap_port{"tap1", "/run/netns/w"}}}};
    EXPECT_EQ(refusal(change), "port \"web\": the device does not take this MTU");
}

TEST_F(applier_refusals, udp_port_that_another_has) {
    delta change;
    change.upserts.udp_port = behind.ports.refused_udp_port;
    change.upserts.vteps = {{*ip_address::parse("192.0.2.2"), {}}};
    EXPECT_EQ(refusal(change), "taken by another");
}

TEST_F(applier_refusals, a_change_that_does_not_fit) {
    delta change;
    change.removals.overlays = {overlay};
    EXPECT_EQ(refusal(change),
              "overlay 1 is to be removed, but 1 port, 1 member, 1 forwarding entry, 0 neighbours and 0 "
              "security associations still "
              "name it");
}

TEST(applier, entries_follow_a_port_that_is_replaced) {
    behind_socket behind;
    state current;
    const vni overlay = *vni::from(1);
    current.overlays[overlay] = {"one", 1450, true};
    current.ports["app"] = {overlay, 1450, ethdev_port{"net_vhost1"}};
    for (std::uint64_t i = 1; i <= 100; ++i)
        current.forwarding[{overlay, mac_address::from_u64(2 * i)}] = "app";
    ASSERT_TRUE(behind.applied.replace(tracked(current)).ok());
    delta change;
    current.ports["app"].kind = ethdev_port{"net_vhost2"};
    change.upserts.ports = {{"app", current.ports["app"]}};
    ASSERT_TRUE(behind.applied.apply(change).ok());
    EXPECT_TRUE(tables_hold(behind, current));
    EXPECT_EQ(behind.ports.closed, 1U);
}

TEST(applier, what_stays_the_same_keeps_its_port_and_counters) {
    behind_socket behind;
    random_states states(3);
    state current = states.next();
    while (current.ports.empty()) current = states.next();
    ASSERT_TRUE(behind.applied.replace(tracked(current)).ok());
    const auto opened = behind.ports.opened.begin()->first;
    const vni overlay = current.overlays.begin()->first;
    const overlay_index index = behind.tables.overlay_of(overlay);
    behind.tables.overlay(index)->counters[0].local_packets.add(5);
    ASSERT_TRUE(behind.applied.replace(tracked(current)).ok());
    EXPECT_EQ(behind.ports.closed, 0U);
    EXPECT_EQ(behind.ports.opened.begin()->first, opened);
    EXPECT_EQ(behind.tables.overlay_of(overlay), index);
    EXPECT_EQ(behind.writer.counters(index, 0).local_packets, 5U);
}

}  // namespace
}  // namespace waggle::api
