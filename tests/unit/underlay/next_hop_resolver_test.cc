#include "control/underlay/next_hop_resolver.hh"

#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include <linux/rtnetlink.h>

#include "control/netlink/address.hh"
#include "control/netlink/neighbour.hh"
#include "control/netlink/route.hh"
#include "tests/unit/netlink/namespace_fixture.hh"

namespace waggle::control {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

ip_address ip(const char* text) {
    return *ip_address::parse(text);
}
ip_prefix prefix(const char* text) {
    return *ip_prefix::parse(text);
}

/// Our host and a peer, joined by a veth pair "eth0"; the resolver works in our host's namespace.
class next_hop_resolver_test : public test::namespace_test {
protected:
    void SetUp() override {
        namespace_test::SetUp();
        if (IsSkipped()) return;
        us = make_namespace("us");
        peer = make_namespace("peer");
        join(us, "eth0", peer, "eth0");
        give(us, "eth0", {"192.0.2.1/24", "2001:db8::1/64"});
        give(peer, "eth0", {"192.0.2.2/24", "2001:db8::2/64"});
        settings.vtep_v4 = ip("192.0.2.1");
        settings.vtep_v6 = ip("2001:db8::1");
        settings.port_of_interface = {{"eth0", "uplink"}};
        settings.network_namespace = netlink::namespace_path(us);
    }
    void TearDown() override {
        resolver.reset();
        namespace_test::TearDown();
    }

    void join(const std::string& a, const std::string& a_link, const std::string& b,
              const std::string& b_link) {
        auto with = socket_in(a);
        auto far = open(b);
        netlink::request message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "create veth");
        message.header<ifinfomsg>();
        message.put_string(IFLA_IFNAME, a_link);
        message.nest(IFLA_LINKINFO, [&] {
            message.put_string(IFLA_INFO_KIND, "veth");
            message.nest(IFLA_INFO_DATA, [&] {
                // VETH_INFO_PEER: an ifinfomsg, then the peer's attributes.
                message.nest(1, [&] {
                    message.header<ifinfomsg>();
                    message.put_string(IFLA_IFNAME, b_link);
                    message.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(far.fd()));
                });
            });
        });
        must(with.transact(message));
        up(a, a_link);
        up(b, b_link);
    }
    void change(const std::string& where, const std::string& link, const netlink::link_change& what) {
        auto with = socket_in(where);
        auto message = netlink::change_link(link_in(with, link).index, what, "change " + link);
        must(with.transact(message));
    }
    void up(const std::string& where, const std::string& link, bool state = true) {
        netlink::link_change what;
        what.up = state;
        change(where, link, what);
    }
    void give(const std::string& where, const std::string& link, const std::vector<const char*>& addresses) {
        auto with = socket_in(where);
        for (const char* one : addresses) {
            auto message = netlink::add_address(link_in(with, link).index, prefix(one));
            must(with.transact(message));
        }
    }
    void route(const std::string& where, const char* to, const char* gateway,
               const std::string& link = "eth0", bool add = true) {
        auto with = socket_in(where);
        netlink::route one{prefix(to), ip(gateway), link_in(with, link).index, 0};
        auto message = add ? netlink::add_route(one) : netlink::delete_route(one);
        must(with.transact(message));
    }
    mac_address mac_of(const std::string& where, const std::string& link) {
        auto with = socket_in(where);
        return link_in(with, link).mac;
    }

    void start(std::vector<ip_address> vteps) {
        resolver = std::make_unique<next_hop_resolver>(results, settings,
                                                       [this](const std::vector<hop_status>& changes) {
                                                           for (const hop_status& one : changes)
                                                               hops[one.vtep] = one;
                                                       });
        const auto started = resolver->start();
        ASSERT_TRUE(started) << started.failure().message;
        resolver->set_vteps(std::move(vteps));
    }
    template <typename Condition>
    bool eventually(Condition condition, clock::duration patience = 40s) {
        const auto end = clock::now() + patience;
        while (clock::now() < end) {
            results.restart();
            results.poll();
            if (condition()) return true;
            std::this_thread::sleep_for(2ms);
        }
        return condition();
    }
    ::testing::AssertionResult has_hop(const char* vtep, const mac_address& mac) {
        const bool came =
            eventually([&] { return hops[ip(vtep)].hop && hops[ip(vtep)].hop->destination_mac == mac; });
        if (came) return ::testing::AssertionSuccess();
        return ::testing::AssertionFailure() << vtep << ": " << hops[ip(vtep)].reason;
    }
    ::testing::AssertionResult has_none(const char* vtep, const std::string& reason) {
        const bool came = eventually(
            [&] { return !hops[ip(vtep)].hop && hops[ip(vtep)].reason.find(reason) != std::string::npos; });
        if (came) return ::testing::AssertionSuccess();
        return ::testing::AssertionFailure() << vtep << ": " << hops[ip(vtep)].reason;
    }

    /// Neighbours of our eth0 are doubted and asked again within seconds; by default that takes the kernel up
    /// to 45 s of reachable, 5 s of delay and 3 s of probes.
    void doubt_neighbours_soon() {
        const auto done = netlink::run_in_namespace(open(us), [] {
            for (const std::string family : {"ipv4", "ipv6"}) {
                const std::string folder = "/proc/sys/net/" + family + "/neigh/eth0/";
                std::ofstream(folder + "base_reachable_time_ms") << 1000;
                std::ofstream(folder + "delay_first_probe_time") << 1;
                std::ofstream(folder + "retrans_time_ms") << 100;
            }
        });
        ASSERT_TRUE(done) << done.failure().message;
    }

    boost::asio::io_context results;
    underlay_settings settings;
    std::map<ip_address, hop_status> hops;
    std::unique_ptr<next_hop_resolver> resolver;
    std::string us, peer;
};

TEST_F(next_hop_resolver_test, on_the_link_in_both_families) {
    start({ip("192.0.2.2"), ip("2001:db8::2")});
    ASSERT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));
    ASSERT_TRUE(has_hop("2001:db8::2", mac_of(peer, "eth0")));
    EXPECT_EQ(*hops[ip("192.0.2.2")].hop,
              (api::next_hop{"uplink", ip("192.0.2.1"), mac_of(us, "eth0"), mac_of(peer, "eth0"), 1500}));
    EXPECT_EQ(hops[ip("2001:db8::2")].hop->source, ip("2001:db8::1"));
}

TEST_F(next_hop_resolver_test, behind_a_router_and_over_a_changed_route) {
    give(peer, "eth0", {"192.0.2.254/24"});
    const std::string other = make_namespace("other");
    join(us, "eth1", other, "eth0");
    give(us, "eth1", {"198.51.100.1/24"});
    give(other, "eth0", {"198.51.100.254/24"});
    settings.port_of_interface["eth1"] = "second";
    start({ip("203.0.113.9")});
    ASSERT_TRUE(has_none("203.0.113.9", "the kernel has no route to 203.0.113.9"));
    route(us, "203.0.113.0/24", "192.0.2.254");
    ASSERT_TRUE(has_hop("203.0.113.9", mac_of(peer, "eth0")));
    route(us, "203.0.113.9/32", "198.51.100.254", "eth1");
    ASSERT_TRUE(has_hop("203.0.113.9", mac_of(other, "eth0")));
    EXPECT_EQ(hops[ip("203.0.113.9")].hop->port, "second");
    EXPECT_EQ(hops[ip("203.0.113.9")].hop->source, ip("192.0.2.1"));
    route(us, "203.0.113.9/32", "198.51.100.254", "eth1", false);
    ASSERT_TRUE(has_hop("203.0.113.9", mac_of(peer, "eth0")));
    // A reload that takes the port away.
    settings.port_of_interface = {{"eth1", "second"}};
    resolver->set_settings(settings);
    ASSERT_TRUE(has_none("203.0.113.9", "leaves by eth0, which is not an underlay port of this node"));
}

TEST_F(next_hop_resolver_test, a_moved_mac) {
    doubt_neighbours_soon();
    start({ip("192.0.2.2"), ip("2001:db8::2")});
    ASSERT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));
    ASSERT_TRUE(has_hop("2001:db8::2", mac_of(peer, "eth0")));
    netlink::link_change moved;
    moved.mac = *mac_address::parse("02:00:00:00:00:99");
    change(peer, "eth0", moved);
    // Without a word from the peer only the kernel's verification finds it.
    const auto begin = clock::now();
    EXPECT_TRUE(eventually(
        [&] {
            const auto& hop = hops[ip("192.0.2.2")].hop;
            return hop && hop->destination_mac == *moved.mac;
        },
        120s))
        << hops[ip("192.0.2.2")].reason;
    std::cout << "silently moved MAC followed after "
              << std::chrono::duration<double>(clock::now() - begin).count() << " s\n";
}

TEST_F(next_hop_resolver_test, an_announced_mac_is_followed_at_once) {
    start({ip("192.0.2.2")});
    ASSERT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));
    netlink::link_change moved;
    moved.mac = *mac_address::parse("02:00:00:00:00:98");
    change(peer, "eth0", moved);
    {
        // The kernel's entry changes, as by a gratuitous ARP.
        auto with = socket_in(us);
        auto message = netlink::set_neighbour({link_in(with, "eth0").index, ip("192.0.2.2")}, *moved.mac);
        must(with.transact(message));
    }
    EXPECT_TRUE(has_hop("192.0.2.2", *moved.mac));
}

TEST_F(next_hop_resolver_test, mtu_and_own_mac) {
    start({ip("192.0.2.2")});
    ASSERT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));
    netlink::link_change other;
    other.mtu = 1400;
    other.mac = *mac_address::parse("02:00:00:00:00:55");
    change(us, "eth0", other);
    EXPECT_TRUE(eventually([&] {
        const auto& hop = hops[ip("192.0.2.2")].hop;
        return hop && hop->path_mtu == 1400 && hop->source_mac == *other.mac;
    }));
}

TEST_F(next_hop_resolver_test, device_down_and_up) {
    start({ip("192.0.2.2"), ip("2001:db8::2")});
    ASSERT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));
    up(us, "eth0", false);
    ASSERT_TRUE(has_none("192.0.2.2", "no route"));
    up(us, "eth0");
    EXPECT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));
    // IPv6 loses its addresses with the link: the operator's tools give them back.
    give(us, "eth0", {"2001:db8::1/64"});
    EXPECT_TRUE(has_hop("2001:db8::2", mac_of(peer, "eth0")));
}

TEST_F(next_hop_resolver_test, a_silent_neighbour_that_comes_back) {
    up(peer, "eth0", false);
    start({ip("192.0.2.2")});
    // With the peer's end down there is no carrier, and with a carrier but no answer the neighbour fails.
    ASSERT_TRUE(eventually([&] { return hops.contains(ip("192.0.2.2")) && !hops[ip("192.0.2.2")].hop; }));
    up(peer, "eth0");
    EXPECT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));

    hops.clear();
    resolver->set_vteps({ip("192.0.2.3")});
    ASSERT_TRUE(has_none("192.0.2.3", "192.0.2.3 does not answer ARP requests on eth0"));
    give(peer, "eth0", {"192.0.2.3/24"});
    EXPECT_TRUE(has_hop("192.0.2.3", mac_of(peer, "eth0")));
}

TEST_F(next_hop_resolver_test, own_and_unreachable_addresses) {
    give(us, "eth0", {"192.0.2.7/24"});
    {
        auto with = socket_in(us);
        for (const auto& [destination, type] :
             {std::pair{"203.0.113.1", RTN_BLACKHOLE}, std::pair{"203.0.113.2", RTN_UNREACHABLE},
              std::pair{"203.0.113.3", RTN_PROHIBIT}, std::pair{"2001:db8:9::1", RTN_BLACKHOLE},
              std::pair{"2001:db8:9::2", RTN_UNREACHABLE}, std::pair{"2001:db8:9::3", RTN_PROHIBIT}}) {
            netlink::request message(RTM_NEWROUTE, NLM_F_CREATE, "add special route");
            rtmsg& head = message.header<rtmsg>();
            head.rtm_family = ip(destination).is_v4() ? AF_INET : AF_INET6;
            head.rtm_dst_len = ip(destination).is_v4() ? 32 : 128;
            head.rtm_table = RT_TABLE_MAIN;
            head.rtm_protocol = RTPROT_STATIC;
            head.rtm_type = static_cast<unsigned char>(type);
            message.put_address(RTA_DST, ip(destination));
            must(with.transact(message));
        }
    }
    start({ip("192.0.2.7"), ip("203.0.113.1"), ip("203.0.113.2"), ip("203.0.113.3"), ip("2001:db8:9::1"),
           ip("2001:db8:9::2"), ip("2001:db8:9::3")});
    EXPECT_TRUE(has_none("192.0.2.7", "192.0.2.7 is this host's own address"));
    EXPECT_TRUE(has_none("203.0.113.1", "is a black hole"));
    EXPECT_TRUE(has_none("203.0.113.2", "says that it is unreachable"));
    EXPECT_TRUE(has_none("203.0.113.3", "prohibit"));
    EXPECT_TRUE(has_none("2001:db8:9::1", "is a black hole"));
    EXPECT_TRUE(has_none("2001:db8:9::2", "says that it is unreachable"));
    EXPECT_TRUE(has_none("2001:db8:9::3", "prohibit"));
}

TEST_F(next_hop_resolver_test, our_vtep_address_comes_later) {
    settings.vtep_v4 = ip("192.0.2.9");
    start({ip("192.0.2.2")});
    ASSERT_TRUE(has_none("192.0.2.2", "192.0.2.9 is not on any interface of this host"));
    give(us, "eth0", {"192.0.2.9/24"});
    ASSERT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));
    EXPECT_EQ(hops[ip("192.0.2.2")].hop->source, ip("192.0.2.9"));
}

TEST_F(next_hop_resolver_test, a_path_mtu_of_the_route) {
    start({ip("192.0.2.2")});
    ASSERT_TRUE(has_hop("192.0.2.2", mac_of(peer, "eth0")));
    {
        auto with = socket_in(us);
        auto message =
            netlink::add_route({prefix("192.0.2.2/32"), std::nullopt, link_in(with, "eth0").index, 0});
        message.nest(RTA_METRICS, [&] { message.put_u32(RTAX_MTU, 1380); });
        must(with.transact(message));
    }
    EXPECT_TRUE(eventually([&] {
        const auto& hop = hops[ip("192.0.2.2")].hop;
        return hop && hop->path_mtu == 1380;
    }));
}

TEST_F(next_hop_resolver_test, ten_thousand_vteps_behind_routers) {
    give(peer, "eth0", {"192.0.2.254/24"});
    route(us, "0.0.0.0/0", "192.0.2.254");
    std::vector<ip_address> many;
    for (std::uint32_t i = 0; i < 10'000; ++i) many.push_back(ip_address::from_v4(0x0a64'0000 + i));
    auto count = [&](const char* port) {
        std::size_t matching = 0;
        for (const auto& [address, one] : hops)
            if (one.hop && one.hop->port == port) ++matching;
        return matching;
    };
    auto begin = clock::now();
    start(many);
    ASSERT_TRUE(eventually([&] { return count("uplink") == many.size(); }));
    std::cout << "10000 next hops found in " << std::chrono::duration<double>(clock::now() - begin).count()
              << " s\n";
    begin = clock::now();
    settings.port_of_interface = {{"eth0", "renamed"}};
    resolver->set_settings(settings);
    ASSERT_TRUE(eventually([&] { return count("renamed") == many.size(); }));
    std::cout << "10000 next hops changed in " << std::chrono::duration<double>(clock::now() - begin).count()
              << " s\n";
}

TEST_F(next_hop_resolver_test, a_missing_namespace_is_an_error) {
    settings.network_namespace = "/run/netns/no-such-namespace";
    next_hop_resolver broken(results, settings, {});
    const auto started = broken.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.failure().message,
              "next hops: open /run/netns/no-such-namespace: No such file or directory");
}

}  // namespace
}  // namespace waggle::control
