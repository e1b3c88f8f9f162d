#include "dataplane/api/validate.hh"

#include <functional>

#include <gtest/gtest.h>

#include "dataplane/api/tracked_state.hh"

namespace waggle::api {
namespace {

const vni one = *vni::from(1);
const vni two = *vni::from(2);
const ip_address near = *ip_address::parse("192.0.2.1");
const ip_address peer = *ip_address::parse("192.0.2.2");
const ip_address peer_v6 = *ip_address::parse("2001:db8::2");
const mac_address station = *mac_address::parse("02:42:0a:00:00:05");
const mac_address group = *mac_address::parse("01:00:5e:00:00:01");

/// Two overlays, a port and a member in the first, an entry to each, a neighbour.
state good_state() {
    state out;
    out.overlays[one] = {"one", 1450, false};
    out.overlays[two] = {"two", 1450, true};
    out.ports["web"] = {one, 1450, tap_port{"wg1", "/run/netns/waggle"}};
    out.vteps[peer] = {next_hop{"uplink", near, station, station, 1500}};
    out.vteps[peer_v6] = {};
    out.members = {{one, peer}, {two, peer_v6}};
    out.forwarding[{one, station}] = peer;
    out.forwarding[{one, mac_address::from_u64(0x0242'0a00'0006)}] = "web";
    out.neighbours[{one, *ip_address::parse("10.0.0.5")}] = station;
    return out;
}

struct refusal {
    std::string message;
    std::function<void(delta&)> build;
};

/// The values themselves are wrong.
const std::vector<refusal> bad_values = {
    {"a port has no name",
     [](delta& d) {
         d.upserts.ports = {{"", {one, 1450, ethdev_port{"net_null0"}}}};
     }},
    {"a port has a name of 256 bytes; at most 255 are allowed",
     [](delta& d) {
         d.upserts.ports = {{std::string(256, 'x'), {one, 1450, ethdev_port{"net_null0"}}}};
     }},
    {"a port has a control character in its name",
     [](delta& d) {
         d.upserts.ports = {{"a\nb", {one, 1450, ethdev_port{"net_null0"}}}};
     }},
    {"port \"p\": MTU 67 is below 68",
     [](delta& d) {
         d.upserts.ports = {{"p", {one, 67, ethdev_port{"net_null0"}}}};
     }},
    {"port \"p\": interface name \"0123456789abcdef\" is not allowed: 1 to 15 bytes without slash, colon or "
     "white "
     "space",
     [](delta& d) {
         d.upserts.ports = {{"p", {one, 1450, tap_port{"0123456789abcdef", "/n"}}}};
     }},
    {"port \"p\": interface name \"a b\" is not allowed: 1 to 15 bytes without slash, colon or white space",
     [](delta& d) {
         d.upserts.ports = {{"p", {one, 1450, tap_port{"a b", "/n"}}}};
     }},
    {"port \"p\": network namespace \"waggle\" is not an absolute path",
     [](delta& d) {
         d.upserts.ports = {{"p", {one, 1450, tap_port{"tap0", "waggle"}}}};
     }},
    {"port \"p\": device is empty or has control characters",
     [](delta& d) {
         d.upserts.ports = {{"p", {one, 1450, ethdev_port{""}}}};
     }},
    {"overlay 3 has no name",
     [](delta& d) {
         d.upserts.overlays = {{*vni::from(3), {"", 1450, false}}};
     }},
    {"overlay 3: MTU 67 is below 68",
     [](delta& d) {
         d.upserts.overlays = {{*vni::from(3), {"three", 67, false}}};
     }},
    {"VTEP address is the unspecified address",
     [](delta& d) {
         d.upserts.vteps = {{ip_address{}, {}}};
     }},
    {"VTEP address 224.0.0.1 is a multicast address",
     [](delta& d) {
         d.upserts.vteps = {{*ip_address::parse("224.0.0.1"), {}}};
     }},
    {"VTEP 192.0.2.2: the underlay port has no name",
     [](delta& d) {
         d.upserts.vteps = {{peer, {next_hop{"", near, station, station, 1500}}}};
     }},
    {"VTEP 192.0.2.2: source is the unspecified address",
     [](delta& d) {
         d.upserts.vteps = {{peer, {next_hop{"uplink", {}, station, station, 1500}}}};
     }},
    {"VTEP 192.0.2.2: source 2001:db8::2 is of the other address family",
     [](delta& d) {
         d.upserts.vteps = {{peer, {next_hop{"uplink", peer_v6, station, station, 1500}}}};
     }},
    {"VTEP 192.0.2.2: source MAC is zero",
     [](delta& d) {
         d.upserts.vteps = {{peer, {next_hop{"uplink", near, {}, station, 1500}}}};
     }},
    {"VTEP 192.0.2.2: destination MAC 01:00:5e:00:00:01 is a multicast address",
     [](delta& d) {
         d.upserts.vteps = {{peer, {next_hop{"uplink", near, station, group, 1500}}}};
     }},
    {"VTEP 192.0.2.2: path MTU 137 is below 138",
     [](delta& d) {
         d.upserts.vteps = {{peer, {next_hop{"uplink", near, station, station, 137}}}};
     }},
    {"forwarding entry 01:00:5e:00:00:01 of overlay 1: address 01:00:5e:00:00:01 is a multicast address",
     [](delta& d) {
         d.upserts.forwarding = {{{one, group}, peer}};
     }},
    {"forwarding entry 00:00:00:00:00:00 of overlay 1: address is zero",
     [](delta& d) {
         d.upserts.forwarding = {{{one, {}}, peer}};
     }},
    {"neighbour 0.0.0.0 of overlay 1: address is the unspecified address",
     [](delta& d) {
         d.upserts.neighbours = {{{one, ip_address::from_v4(0)}, station}};
     }},
    {"neighbour 10.0.0.9 of overlay 1: MAC is zero",
     [](delta& d) {
         d.upserts.neighbours = {{{one, *ip_address::parse("10.0.0.9")}, {}}};
     }},
};

/// The values are right, but do not fit the state.
const std::vector<refusal> bad_references = {
    {"port \"p\": there is no overlay 3",
     [](delta& d) {
         d.upserts.ports = {{"p", {*vni::from(3), 1450, ethdev_port{"net_null0"}}}};
     }},
    {"member 192.0.2.2 of overlay 3: there is no overlay 3",
     [](delta& d) {
         d.upserts.members = {{*vni::from(3), peer}};
     }},
    {"member 192.0.2.9 of overlay 1: there is no such VTEP",
     [](delta& d) {
         d.upserts.members = {{one, *ip_address::parse("192.0.2.9")}};
     }},
    {"forwarding entry 02:42:0a:00:00:05 of overlay 3: there is no overlay 3",
     [](delta& d) {
         d.upserts.forwarding = {{{*vni::from(3), station}, peer}};
     }},
    {"forwarding entry 02:42:0a:00:00:05 of overlay 2: 192.0.2.2 is not a member of the overlay",
     [](delta& d) {
         d.upserts.forwarding = {{{two, station}, peer}};
     }},
    {"forwarding entry 02:42:0a:00:00:05 of overlay 1: there is no port \"db\"",
     [](delta& d) {
         d.upserts.forwarding = {{{one, station}, "db"}};
     }},
    {"forwarding entry 02:42:0a:00:00:05 of overlay 2: port \"web\" is of overlay 1",
     [](delta& d) {
         d.upserts.forwarding = {{{two, station}, "web"}};
     }},
    {"neighbour 10.0.0.5 of overlay 3: there is no overlay 3",
     [](delta& d) {
         d.upserts.neighbours = {{{*vni::from(3), *ip_address::parse("10.0.0.5")}, station}};
     }},
    {"port \"db\" is to be removed, but is not there", [](delta& d) { d.removals.ports = {"db"}; }},
    {"overlay 3 is to be removed, but is not there", [](delta& d) { d.removals.overlays = {*vni::from(3)}; }},
    {"VTEP 192.0.2.9 is to be removed, but is not there",
     [](delta& d) { d.removals.vteps = {*ip_address::parse("192.0.2.9")}; }},
    {"member 192.0.2.2 of overlay 2 is to be removed, but is not there",
     [](delta& d) {
         d.removals.members = {{two, peer}};
     }},
    {"forwarding entry 02:42:0a:00:00:05 of overlay 2 is to be removed, but is not there",
     [](delta& d) {
         d.removals.forwarding = {{two, station}};
     }},
    {"neighbour 10.0.0.5 of overlay 2 is to be removed, but is not there",
     [](delta& d) {
         d.removals.neighbours = {{two, *ip_address::parse("10.0.0.5")}};
     }},
};

/// Something still refers to what goes; here the tracked state tells more than the slow check.
const std::vector<refusal> still_referenced = {
    {"overlay 1 is to be removed, but 1 port, 1 member, 2 forwarding entries, 1 neighbour and 0 security "
     "associations still name it",
     [](delta& d) { d.removals.overlays = {one}; }},
    {"VTEP 192.0.2.2 is to be removed, but is still a member of 1 overlay",
     [](delta& d) { d.removals.vteps = {peer}; }},
    {"member 192.0.2.2 of overlay 1 is to be removed, but 1 forwarding entry still leads to it",
     [](delta& d) {
         d.removals.members = {{one, peer}};
     }},
    {"port \"web\" is to leave overlay 1, but 1 forwarding entry still leads to it",
     [](delta& d) { d.removals.ports = {"web"}; }},
    {"port \"web\" is to leave overlay 1, but 1 forwarding entry still leads to it",
     [](delta& d) {
         d.upserts.ports = {{"web", {two, 1450, tap_port{"wg1", "/run/netns/waggle"}}}};
     }},
};

tracked_state tracked_good_state() {
    tracked_state out;
    EXPECT_TRUE(out.add(difference({}, good_state()).upserts).ok());
    return out;
}

void expect_refused(const std::vector<refusal>& cases, bool same_words) {
    const state base = good_state();
    ASSERT_TRUE(check(base).ok());
    for (const refusal& each : cases) {
        delta change;
        each.build(change);
        const auto slow = validate(base, change);
        ASSERT_FALSE(slow.ok()) << each.message;
        if (same_words) {
            EXPECT_EQ(slow.failure().message, each.message);
        }
        tracked_state tracked = tracked_good_state();
        const auto fast = tracked.apply(change);
        ASSERT_FALSE(fast.ok()) << each.message;
        EXPECT_EQ(fast.failure().message, each.message);
        EXPECT_TRUE(tracked.get() == base);
    }
}

TEST(validate, refuses_bad_values_by_name) {
    expect_refused(bad_values, true);
}

TEST(validate, refuses_dangling_references_by_name) {
    expect_refused(bad_references, true);
}

TEST(validate, refuses_to_remove_what_others_refer_to) {
    expect_refused(still_referenced, false);
}

TEST(validate, allows_what_fits) {
    state base = good_state();
    delta change;
    // Everything that refers to overlay 1 goes together with it; loopback and link-local VTEPs are nobody's
    // business here.
    change.removals.overlays = {one};
    change.removals.ports = {"web"};
    change.removals.members = {{one, peer}};
    for (const auto& [key, target] : base.forwarding) change.removals.forwarding.push_back(key);
    for (const auto& [key, mac] : base.neighbours) change.removals.neighbours.push_back(key);
    change.upserts.vteps = {{*ip_address::parse("127.0.0.1"), {}}};
    EXPECT_TRUE(validate(base, change).ok());
    EXPECT_TRUE(tracked_good_state().apply(change).ok());
}

TEST(validate, a_broken_snapshot_says_what_is_missing) {
    const auto missing = [](auto take_out) {
        state broken = good_state();
        take_out(broken);
        tracked_state tracked;
        EXPECT_TRUE(tracked.add(difference({}, broken).upserts).ok());
        const auto closed = tracked.check_closed();
        return closed.ok() ? std::string() : closed.failure().message;
    };
    EXPECT_EQ(missing([](state& s) { s.overlays.erase(two); }),
              "there is no overlay 2, but 0 ports, 1 member, 0 forwarding entries, 0 neighbours and 0 "
              "security associations name it");
    EXPECT_EQ(missing([](state& s) { s.vteps.erase(peer); }),
              "there is no VTEP 192.0.2.2, but it is named as a member of 1 overlay");
    EXPECT_EQ(missing([](state& s) {
                  s.members.erase({one, peer});
              }),
              "there is no member 192.0.2.2 of overlay 1, but 1 forwarding entry leads to it");
    EXPECT_EQ(missing([](state& s) { s.ports.erase("web"); }),
              "there is no port \"web\" of overlay 1, but 1 forwarding entry leads to it");
    EXPECT_EQ(missing([](state& s) { s.ports["web"].overlay = two; }),
              "there is no port \"web\" of overlay 1, but 1 forwarding entry leads to it");
}

}  // namespace
}  // namespace waggle::api
