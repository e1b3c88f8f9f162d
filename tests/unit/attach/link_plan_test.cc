#include "control/attach/link_plan.hh"

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

ip_address ip(const char* text) {
    return *ip_address::parse(text);
}
ip_prefix prefix(const char* text) {
    return *ip_prefix::parse(text);
}

constexpr int tap = 7;
constexpr std::int32_t home = 3;
constexpr int index = 12;

container_link wanted() {
    container_link link;
    link.endpoint = "web";
    link.overlay = "blue";
    link.tap = "wgblue";
    link.mtu = 1400;
    link.mac = *mac_address::parse("02:42:0a:01:00:05");
    link.addresses = {prefix("10.1.0.5/16"), prefix("fd00::5/64")};
    link.attachment = {config::namespace_by_name{"c1"}, "eth0", {{prefix("10.9.0.1/16"), ip("10.1.0.1")}}};
    return link;
}

netlink::link as_wanted() {
    netlink::link link;
    link.index = index;
    link.name = "eth0";
    link.mac = wanted().mac;
    link.mtu = 1400;
    link.up = true;
    link.kind = "macvlan";
    link.alias = "waggle:a:blue:web";
    link.lower = tap;
    link.lower_namespace = home;
    return link;
}

netlink::interface_address address(const char* text, std::uint8_t protocol) {
    return {index, prefix(text), protocol, false};
}

TEST(link_plan, the_alias_names_node_overlay_and_endpoint) {
    EXPECT_EQ(link_alias("a", wanted()), "waggle:a:blue:web");
}

TEST(link_plan, finds_our_link_by_its_alias) {
    netlink::link other = as_wanted();
    other.alias = "waggle:a:blue:db";
    const std::vector<netlink::link> links{other, as_wanted()};
    EXPECT_EQ(find_existing(links, "waggle:a:blue:web"), &links[1]);
    EXPECT_EQ(find_existing(links, "waggle:b:blue:web"), nullptr);
}

TEST(link_plan, knows_the_device_below) {
    EXPECT_TRUE(sits_on(as_wanted(), tap, home));
    EXPECT_FALSE(sits_on(as_wanted(), tap + 1, home));
    EXPECT_FALSE(sits_on(as_wanted(), tap, home + 1));
    netlink::link other = as_wanted();
    other.kind = "macvtap";
    EXPECT_FALSE(sits_on(other, tap, home));
}

TEST(link_plan, a_link_as_wanted_is_left_alone) {
    EXPECT_FALSE(plan_link_change(wanted(), "waggle:a:blue:web", as_wanted()));
}

TEST(link_plan, changes_only_what_differs) {
    netlink::link there = as_wanted();
    there.name = "eth1";
    auto change = plan_link_change(wanted(), "waggle:a:blue:web", there);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->name, "eth0");
    EXPECT_FALSE(change->mac || change->mtu || change->alias || change->up);

    there = as_wanted();
    there.mac = *mac_address::parse("02:00:00:00:00:01");
    there.up = false;
    change = plan_link_change(wanted(), "waggle:a:blue:web", there);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->mac, wanted().mac);
    EXPECT_EQ(change->up, true);
    EXPECT_FALSE(change->name || change->mtu || change->alias);

    there = as_wanted();
    there.mtu = 1500;
    there.alias.clear();
    change = plan_link_change(wanted(), "waggle:a:blue:web", there);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->mtu, 1400U);
    EXPECT_EQ(change->alias, "waggle:a:blue:web");
}

TEST(link_plan, a_new_link_gets_everything) {
    const address_plan plan = plan_addresses(wanted(), index, {}, {});
    EXPECT_EQ(plan.add_addresses, wanted().addresses);
    const netlink::route route{prefix("10.9.0.0/16"), ip("10.1.0.1"), index, netlink::waggle_protocol};
    EXPECT_EQ(plan.add_routes, std::vector<netlink::route>{route}) << "host bits are cut off";
    EXPECT_TRUE(plan.remove_addresses.empty() && plan.remove_routes.empty());
}

TEST(link_plan, removes_ours_and_leaves_the_containers) {
    const netlink::route old{prefix("10.8.0.0/16"), ip("10.1.0.1"), index, netlink::waggle_protocol};
    const netlink::route foreign{prefix("10.7.0.0/16"), ip("10.1.0.1"), index, 4};
    const address_plan plan = plan_addresses(wanted(), index,
                                             {address("10.1.0.4/16", netlink::waggle_protocol),
                                              address("10.1.0.99/16", 0), address("fd00::5/64", 0)},
                                             {old, foreign});
    EXPECT_EQ(plan.remove_addresses, std::vector<ip_prefix>{prefix("10.1.0.4/16")});
    EXPECT_EQ(plan.add_addresses, std::vector<ip_prefix>{prefix("10.1.0.5/16")});
    EXPECT_EQ(plan.remove_routes, std::vector<netlink::route>{old});
    EXPECT_EQ(plan.add_routes.size(), 1U);
}

TEST(link_plan, another_gateway_is_another_route) {
    const netlink::route old{prefix("10.9.0.0/16"), ip("10.1.0.2"), index, netlink::waggle_protocol};
    const address_plan plan = plan_addresses(wanted(), index, {}, {old});
    EXPECT_EQ(plan.remove_routes, std::vector<netlink::route>{old});
    ASSERT_EQ(plan.add_routes.size(), 1U);
    EXPECT_EQ(plan.add_routes[0].gateway, ip("10.1.0.1"));
}

TEST(link_plan, another_prefix_length_is_another_address) {
    const address_plan plan =
        plan_addresses(wanted(), index, {address("10.1.0.5/24", netlink::waggle_protocol)}, {});
    EXPECT_EQ(plan.remove_addresses, std::vector<ip_prefix>{prefix("10.1.0.5/24")});
    EXPECT_EQ(plan.add_addresses, wanted().addresses);
}

}  // namespace
}  // namespace waggle::control
