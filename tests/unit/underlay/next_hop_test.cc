#include "control/underlay/next_hop.hh"

#include <cerrno>

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

namespace waggle::control {
namespace {

ip_address ip(const char* text) {
    return *ip_address::parse(text);
}
mac_address mac(const char* text) {
    return *mac_address::parse(text);
}

/// A host with eth0 (an underlay port), eth1 (none) and lo; a neighbour and a gateway on eth0.
struct world {
    underlay_settings settings;
    host_tables host;
    neighbour_table neighbours;
    neighbour_table::time_point now{};

    world() {
        settings.vtep_v4 = ip("192.0.2.1");
        settings.vtep_v6 = ip("2001:db8::1");
        settings.port_of_interface = {{"eth0", "uplink"}, {"tun0", "odd"}};
        netlink::link eth0;
        eth0.index = 2;
        eth0.name = "eth0";
        eth0.mac = mac("02:00:00:00:00:01");
        eth0.mtu = 1500;
        eth0.up = true;
        netlink::link eth1 = eth0;
        eth1.index = 3;
        eth1.name = "eth1";
        netlink::link lo = eth0;
        lo.index = 1;
        lo.name = "lo";
        lo.loopback = true;
        netlink::link tun0 = eth0;
        tun0.index = 4;
        tun0.name = "tun0";
        tun0.no_arp = true;
        host.links = {{1, lo}, {2, eth0}, {3, eth1}, {4, tun0}};
        host.addresses = {{ip("192.0.2.1"), {2}}, {ip("2001:db8::1"), {2}}, {ip("192.0.2.77"), {3}}};
        hear("192.0.2.2", "02:00:00:00:00:02", NUD_REACHABLE);
        hear("192.0.2.254", "02:00:00:00:00:fe", NUD_STALE);
        hear("fe80::fe", "02:00:00:00:00:fd", NUD_REACHABLE);
    }
    void hear(const char* who, const char* address, std::uint16_t state) {
        netlink::neighbour heard;
        heard.id = {2, ip(who)};
        if (address != nullptr) heard.mac = mac(address);
        heard.state = state;
        neighbours.apply(heard, false, now);
    }
    static route_lookup route(int link = 2, const char* gateway = nullptr, std::uint8_t type = RTN_UNICAST) {
        route_lookup found;
        found.answer.emplace();
        found.answer->link = link;
        found.answer->type = type;
        if (gateway != nullptr) found.answer->gateway = ip(gateway);
        return found;
    }
    static route_lookup refused(int code) { return {std::nullopt, code}; }
    resolution of(const char* vtep, const route_lookup& found) const {
        return resolve(ip(vtep), settings, host, found, neighbours);
    }
};

TEST(next_hop, on_the_link) {
    const world w;
    const resolution got = w.of("192.0.2.2", world::route());
    ASSERT_TRUE(got.hop) << got.reason;
    EXPECT_EQ(*got.hop, (api::next_hop{"uplink", ip("192.0.2.1"), mac("02:00:00:00:00:01"),
                                       mac("02:00:00:00:00:02"), 1500}));
    EXPECT_EQ(got.via, (netlink::neighbour_id{2, ip("192.0.2.2")}));
    EXPECT_TRUE(got.reason.empty());
}

TEST(next_hop, behind_a_router) {
    const world w;
    const resolution got = w.of("198.51.100.9", world::route(2, "192.0.2.254"));
    ASSERT_TRUE(got.hop);
    EXPECT_EQ(got.hop->destination_mac, mac("02:00:00:00:00:fe"));
    EXPECT_EQ(got.via, (netlink::neighbour_id{2, ip("192.0.2.254")}));
}

TEST(next_hop, an_ipv4_vtep_behind_an_ipv6_router) {
    const world w;
    const resolution got = w.of("198.51.100.9", world::route(2, "fe80::fe"));
    ASSERT_TRUE(got.hop);
    EXPECT_EQ(got.hop->destination_mac, mac("02:00:00:00:00:fd"));
    EXPECT_EQ(got.hop->source, ip("192.0.2.1"));
}

TEST(next_hop, ipv6_has_its_own_source) {
    const world w;
    const resolution got = w.of("2001:db8:9::9", world::route(2, "fe80::fe"));
    ASSERT_TRUE(got.hop);
    EXPECT_EQ(got.hop->source, ip("2001:db8::1"));
}

TEST(next_hop, the_smaller_mtu_counts) {
    world w;
    route_lookup narrow = world::route();
    narrow.answer->mtu = 1400;
    EXPECT_EQ(w.of("192.0.2.2", narrow).hop->path_mtu, 1400);
    narrow.answer->mtu = 9000;
    EXPECT_EQ(w.of("192.0.2.2", narrow).hop->path_mtu, 1500);
    w.host.links[2].mtu = 65536;
    narrow.answer->mtu.reset();
    EXPECT_EQ(w.of("192.0.2.2", narrow).hop->path_mtu, 65535);
}

struct refusal {
    const char* vtep;
    route_lookup route;
    const char* reason;
};

TEST(next_hop, every_reason_for_none) {
    const world w;
    const refusal cases[] = {
        {"192.0.2.2", world::refused(0), "the route to 192.0.2.2 has not been looked up yet"},
        {"192.0.2.2", world::refused(ENETUNREACH), "the kernel has no route to 192.0.2.2"},
        {"192.0.2.2", world::refused(EHOSTUNREACH),
         "the kernel's route to 192.0.2.2 says that it is unreachable"},
        {"192.0.2.2", world::refused(EACCES), "the kernel's routes prohibit 192.0.2.2"},
        {"192.0.2.2", world::refused(EINVAL), "the kernel's route to 192.0.2.2 is a black hole"},
        {"192.0.2.2", world::refused(ENOMEM), "look up the route to 192.0.2.2: Cannot allocate memory"},
        {"192.0.2.2", world::route(2, nullptr, RTN_LOCAL), "192.0.2.2 is this host's own address"},
        {"192.0.2.77", world::route(), "192.0.2.77 is this host's own address"},
        {"192.0.2.2", world::route(2, nullptr, RTN_BLACKHOLE),
         "the kernel's route to 192.0.2.2 is a black hole"},
        {"192.0.2.2", world::route(2, nullptr, RTN_PROHIBIT), "the kernel's routes prohibit 192.0.2.2"},
        {"192.0.2.2", world::route(2, nullptr, RTN_UNREACHABLE),
         "the kernel's route to 192.0.2.2 says that it is unreachable"},
        {"192.0.2.2", world::route(2, nullptr, RTN_BROADCAST),
         "192.0.2.2 is not the address of a single host"},
        {"192.0.2.2", world::route(2, nullptr, RTN_NAT),
         "the kernel's route to 192.0.2.2 is of type 10, which carries no tunnel"},
        {"192.0.2.2", world::route(9), "the route to 192.0.2.2 leaves by an interface that is gone"},
        {"192.0.2.2", world::route(1), "the route to 192.0.2.2 leaves by lo, the loopback device"},
        {"192.0.2.2", world::route(3),
         "the route to 192.0.2.2 leaves by eth1, which is not an underlay port of this node"},
        {"192.0.2.2", world::route(4),
         "the route to 192.0.2.2 leaves by tun0, which has no link-layer addresses"},
        {"192.0.2.3", world::route(), "waits for the link-layer address of 192.0.2.3 on eth0"},
    };
    for (const refusal& one : cases) {
        const resolution got = w.of(one.vtep, one.route);
        EXPECT_FALSE(got.hop) << one.reason;
        EXPECT_EQ(got.reason, one.reason);
    }
}

TEST(next_hop, reasons_that_lie_in_the_host) {
    world w;
    w.host.links[2].up = false;
    EXPECT_EQ(w.of("192.0.2.2", world::route()).reason,
              "the route to 192.0.2.2 leaves by eth0, which is down");
    w.host.addresses.erase(ip("192.0.2.1"));
    EXPECT_EQ(
        w.of("192.0.2.2", world::route()).reason,
        "this node's VTEP address 192.0.2.1 is not on any interface of this host: add it, or correct the "
        "node's vtep");
    w.settings.vtep_v4.reset();
    EXPECT_EQ(w.of("192.0.2.2", world::route()).reason,
              "this node has no IPv4 VTEP address to reach 192.0.2.2 from");
    w.settings.vtep_v6.reset();
    EXPECT_EQ(w.of("2001:db8::2", world::route()).reason,
              "this node has no IPv6 VTEP address to reach 2001:db8::2 from");
}

TEST(next_hop, reasons_that_lie_in_the_neighbour) {
    world w;
    w.hear("192.0.2.2", nullptr, NUD_FAILED);
    EXPECT_EQ(w.of("192.0.2.2", world::route()).reason, "192.0.2.2 does not answer ARP requests on eth0");
    w.hear("fe80::fe", nullptr, NUD_FAILED);
    EXPECT_EQ(w.of("2001:db8:9::9", world::route(2, "fe80::fe")).reason,
              "fe80::fe does not answer neighbour solicitations on eth0");
    w.neighbours.refused({2, ip("192.0.2.2")}, "the table is full");
    EXPECT_EQ(w.of("192.0.2.2", world::route()).reason, "resolve 192.0.2.2 on eth0: the table is full");
    EXPECT_EQ(w.of("192.0.2.2", world::route()).via, (netlink::neighbour_id{2, ip("192.0.2.2")}));
}

TEST(underlay_settings, come_from_the_node) {
    config::node node;
    node.vtep_v4 = ip("192.0.2.1");
    node.udp_port = 8472;
    node.underlay = {{"uplink", config::packet_underlay{"eth0"}},
                     {"fast", config::ethdev_underlay{"0000:03:00.0", "wgfast"}}};
    const underlay_settings settings = underlay_settings_of(node);
    EXPECT_EQ(settings.vtep_v4, ip("192.0.2.1"));
    EXPECT_FALSE(settings.vtep_v6);
    EXPECT_EQ(settings.udp_port, 8472);
    EXPECT_EQ(settings.port_of_interface,
              (std::map<std::string, std::string>{{"eth0", "uplink"}, {"wgfast", "fast"}}));
}

}  // namespace
}  // namespace waggle::control
