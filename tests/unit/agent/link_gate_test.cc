#include "control/agent/link_gate.hh"

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

container_link link_on(const std::string& endpoint, const std::string& tap, std::uint16_t mtu = 1450) {
    container_link link;
    link.endpoint = endpoint;
    link.tap = tap;
    link.mtu = mtu;
    return link;
}

shared_state taps(std::initializer_list<std::pair<const char*, std::uint16_t>> names) {
    auto state = std::make_shared<api::state>();
    for (const auto& [name, mtu] : names)
        state->ports.emplace(name, api::access_port{vni(), mtu, api::tap_port{name, "/ns"}});
    return state;
}

using links = std::vector<container_link>;
using names = std::set<std::string>;

TEST(link_gate, links_wait_for_their_tap) {
    link_gate gate;
    links desired{link_on("a", "wg1"), link_on("b", "wg2")};
    EXPECT_EQ(gate.open(desired, nullptr), links{});
    EXPECT_EQ(gate.taps_in_use(), names{});
    EXPECT_EQ(gate.open(desired, taps({{"wg1", 1450}})), links{desired[0]});
    EXPECT_EQ(gate.open(desired, taps({{"wg1", 1450}, {"wg2", 1450}})), desired);
}

TEST(link_gate, links_stay_while_the_dataplane_is_away) {
    link_gate gate;
    links desired{link_on("a", "wg1")};
    gate.open(desired, taps({{"wg1", 1450}}));
    EXPECT_EQ(gate.open(desired, nullptr), desired);
    EXPECT_EQ(gate.open(desired, taps({})), links{}) << "it is back and has no such TAP";
}

TEST(link_gate, an_mtu_is_never_above_what_the_tap_carries) {
    link_gate gate;
    EXPECT_EQ(gate.open({link_on("a", "wg1", 8950)}, taps({{"wg1", 1450}}))[0].mtu, 1450);
    EXPECT_EQ(gate.open({link_on("a", "wg1", 8950)}, taps({{"wg1", 8950}}))[0].mtu, 8950);
    EXPECT_EQ(gate.open({link_on("a", "wg1", 1450)}, taps({{"wg1", 8950}}))[0].mtu, 1450);
}

TEST(link_gate, a_tap_is_in_use_until_its_links_are_gone) {
    link_gate gate;
    shared_state both = taps({{"wg1", 1450}, {"wg2", 1450}});
    gate.open({link_on("a", "wg1"), link_on("b", "wg1"), link_on("c", "wg2")}, both);
    gate.open({link_on("c", "wg2")}, both);
    EXPECT_EQ(gate.taps_in_use(), (names{"wg1", "wg2"}));
    gate.reported({"a", link_condition::removed, ""});
    EXPECT_EQ(gate.taps_in_use(), (names{"wg1", "wg2"}));
    gate.reported({"b", link_condition::removed, ""});
    EXPECT_EQ(gate.taps_in_use(), names{"wg2"});
}

TEST(link_gate, a_link_that_moves_holds_both_taps_until_it_has_arrived) {
    link_gate gate;
    shared_state both = taps({{"wg1", 1450}, {"wg2", 1450}});
    gate.open({link_on("a", "wg1")}, both);
    gate.open({link_on("a", "wg2")}, both);
    EXPECT_EQ(gate.taps_in_use(), (names{"wg1", "wg2"}));
    gate.reported({"a", link_condition::attached, ""});
    EXPECT_EQ(gate.taps_in_use(), names{"wg2"});
}

TEST(link_gate, a_link_wanted_again_while_it_goes_keeps_its_tap) {
    link_gate gate;
    shared_state one = taps({{"wg1", 1450}});
    gate.open({link_on("a", "wg1")}, one);
    gate.open({}, one);
    gate.open({link_on("a", "wg1")}, one);
    gate.reported({"a", link_condition::removed, ""});
    EXPECT_EQ(gate.taps_in_use(), names{"wg1"});
}

TEST(link_gate, remembers_the_last_status) {
    link_gate gate;
    EXPECT_EQ(gate.status_of("a"), nullptr);
    gate.reported({"a", link_condition::failed, "no"});
    ASSERT_NE(gate.status_of("a"), nullptr);
    EXPECT_EQ(gate.status_of("a")->reason, "no");
    gate.reported({"a", link_condition::removed, ""});
    EXPECT_EQ(gate.status_of("a"), nullptr);
}

}  // namespace
}  // namespace waggle::control
