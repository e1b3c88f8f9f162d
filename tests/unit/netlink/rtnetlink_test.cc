#include <algorithm>
#include <cerrno>

#include <linux/rtnetlink.h>

#include "control/netlink/address.hh"
#include "control/netlink/link.hh"
#include "control/netlink/namespace_ids.hh"
#include "control/netlink/neighbour.hh"
#include "control/netlink/route.hh"
#include "tests/unit/netlink/namespace_fixture.hh"

namespace waggle::netlink {
namespace {

ip_prefix prefix(const char* text) {
    return *ip_prefix::parse(text);
}
ip_address ip(const char* text) {
    return *ip_address::parse(text);
}

/// A namespace with TAP "tap0", up.
class rtnetlink_test : public test::namespace_test {
protected:
    void SetUp() override {
        namespace_test::SetUp();
        if (IsSkipped()) return;
        home = make_namespace("home");
        tap_fd = make_tap(home, "tap0");
        with.emplace(socket_in(home));
        tap = link_in(*with, "tap0");
    }
    void TearDown() override {
        if (tap_fd >= 0) close(tap_fd);
        namespace_test::TearDown();
    }
    reply send(request message) { return with->transact(message); }

    std::string home;
    int tap_fd = -1;
    std::optional<socket> with;
    link tap;
};

TEST_F(rtnetlink_test, links_are_found_by_name_number_and_mac) {
    EXPECT_EQ(tap.kind, "tun");
    EXPECT_TRUE(tap.up);
    EXPECT_EQ(tap.mtu, 1450U);
    EXPECT_EQ((*find_link(*with, tap.index))->name, "tap0");
    EXPECT_EQ((*find_link_by_mac(*with, tap.mac))->name, "tap0");
    EXPECT_FALSE(*find_link(*with, "none"));
    EXPECT_FALSE(*find_link(*with, 4711));
    EXPECT_FALSE(*find_link_by_mac(*with, mac_address::from_u64(1)));
    EXPECT_EQ(list_links(*with)->size(), 2U) << "lo and the TAP";
    EXPECT_EQ(list_links(*with, {}, "tun")->size(), 1U);
    EXPECT_EQ(list_links(*with, {}, "macvlan")->size(), 0U);
}

TEST_F(rtnetlink_test, a_macvlan_is_made_in_another_namespace_and_managed_by_its_number) {
    const std::string far = make_namespace("far");
    auto there = open(far);
    const mac_address mac = *mac_address::parse("02:42:0a:00:00:05");
    must(send(create_macvlan({tap.index, "eth0", mac, 1400}, there.fd())));
    auto number = assign_namespace_id(*with, there);
    ASSERT_TRUE(number) << number.failure().message;
    EXPECT_EQ(*assign_namespace_id(*with, there), *number) << "asking again gives the same";
    EXPECT_EQ(*find_namespace_id(*with, there), *number);
    const auto numbers = list_namespace_ids(*with);
    EXPECT_EQ(std::count(numbers->begin(), numbers->end(), *number), 1);

    auto self = open(home);
    auto own = assign_namespace_id(*with, self);
    ASSERT_TRUE(own) << own.failure().message;
    const auto seen = find_link(*with, "eth0", *number);
    ASSERT_TRUE(seen && *seen);
    EXPECT_EQ((*seen)->kind, "macvlan");
    EXPECT_EQ((*seen)->mac, mac);
    EXPECT_EQ((*seen)->mtu, 1400U);
    EXPECT_EQ((*seen)->lower, tap.index);
    EXPECT_EQ((*seen)->lower_namespace, *own);
    EXPECT_FALSE((*seen)->up);

    const reply again = send(create_macvlan({tap.index, "eth0", mac, 1400}, there.fd()));
    EXPECT_EQ(again.code, EEXIST);
    EXPECT_TRUE(again.message.starts_with("create link eth0: File exists")) << again.message;

    must(send(delete_link((*seen)->index, "remove", *number)));
    EXPECT_FALSE(*find_link(*with, "eth0", *number));
}

TEST_F(rtnetlink_test, links_are_changed) {
    link_change change;
    change.name = "other";
    change.mac = *mac_address::parse("02:00:00:00:00:77");
    change.mtu = 1300;
    change.alias = "what it is";
    change.up = false;
    change.gso_max_size = 30'000;
    change.gso_max_segments = 20;
    must(send(change_link(tap.index, change, "change")));
    const link now = link_in(*with, "other");
    EXPECT_EQ(now.index, tap.index);
    EXPECT_EQ(now.mac, *change.mac);
    EXPECT_EQ(now.mtu, 1300U);
    EXPECT_EQ(now.alias, "what it is");
    EXPECT_FALSE(now.up);
    EXPECT_EQ(now.gso_max_size, 30'000U);
    EXPECT_EQ(now.gso_max_segments, 20U);
}

TEST_F(rtnetlink_test, the_kernels_own_words_are_in_the_error) {
    link_change change;
    change.mtu = 20;
    const reply refused = send(change_link(tap.index, change, "set the MTU of tap0"));
    EXPECT_EQ(refused.code, EINVAL);
    EXPECT_EQ(refused.message, "set the MTU of tap0: Invalid argument (mtu less than device minimum)");
    EXPECT_EQ(refused.to_result().failure().message, refused.message);
}

TEST_F(rtnetlink_test, a_request_that_is_too_long_is_not_sent) {
    link_change change;
    change.alias = std::string(1000, 'x');
    const reply refused = send(change_link(tap.index, change, "set the alias"));
    EXPECT_EQ(refused.code, EMSGSIZE);
    EXPECT_NE(refused.message.find("the request is too long"), std::string::npos);
    std::vector<request> both{change_link(tap.index, change, "set the alias"),
                              add_address(tap.index, prefix("10.0.0.1/24"))};
    const auto replies = with->batch(both);
    EXPECT_EQ(replies[0].code, EMSGSIZE);
    EXPECT_TRUE(replies[1].ok()) << replies[1].message;
}

TEST_F(rtnetlink_test, addresses_are_usable_at_once_and_marked) {
    must(send(add_address(tap.index, prefix("10.0.0.5/24"))));
    must(send(add_address(tap.index, prefix("fd00::5/64"))));
    EXPECT_EQ(send(add_address(tap.index, prefix("10.0.0.5/24"))).code, EEXIST);
    auto list = list_addresses(*with, tap.index);
    ASSERT_TRUE(list);
    auto find = [&](const char* text) {
        return std::find_if(list->begin(), list->end(),
                            [&](const auto& one) { return one.address == prefix(text); });
    };
    for (const char* text : {"10.0.0.5/24", "fd00::5/64"}) {
        ASSERT_NE(find(text), list->end());
        EXPECT_EQ(find(text)->protocol, waggle_protocol);
        EXPECT_FALSE(find(text)->tentative);
        must(send(delete_address(tap.index, prefix(text))));
    }
    list = list_addresses(*with, tap.index);
    EXPECT_EQ(find("10.0.0.5/24"), list->end());
    EXPECT_EQ(find("fd00::5/64"), list->end());
}

TEST_F(rtnetlink_test, routes_are_set_listed_looked_up_and_removed) {
    must(send(add_address(tap.index, prefix("10.0.0.5/24"))));
    must(send(add_address(tap.index, prefix("fd00::5/64"))));
    const std::vector<route> wanted{
        {prefix("0.0.0.0/0"), ip("10.0.0.1"), tap.index, 0},
        {prefix("10.5.0.0/16"), std::nullopt, tap.index, 0},
        {prefix("10.6.0.0/16"), ip("fd00::1"), tap.index, 0},
        {prefix("::/0"), ip("fd00::1"), tap.index, 0},
        {prefix("fd05::/32"), ip("fd00::2"), tap.index, 0},
    };
    for (const route& one : wanted) must(send(add_route(one)));
    auto ours = [&] {
        std::vector<route> found;
        for (route& one :
             list_routes(*with, tap.index).ok() ? *list_routes(*with, tap.index) : std::vector<route>())
            if (one.protocol == waggle_protocol) found.push_back(one);
        return found;
    };
    const std::vector<route> found = ours();
    EXPECT_EQ(found.size(), wanted.size());
    for (route one : wanted) {
        one.protocol = waggle_protocol;
        EXPECT_EQ(std::count(found.begin(), found.end(), one), 1) << one.destination.to_string();
    }

    auto look_up = [&](const char* to, const char* from) {
        route_answer answer;
        auto message = look_up_route({ip(to), ip(from), 4789});
        const reply outcome =
            with->transact(message, [&](const nlmsghdr& one) { answer = *parse_route_answer(one); });
        if (!outcome) ADD_FAILURE() << outcome.message;
        return answer;
    };
    EXPECT_EQ(look_up("192.0.2.1", "10.0.0.5").gateway, ip("10.0.0.1"));
    EXPECT_EQ(look_up("192.0.2.1", "10.0.0.5").type, RTN_UNICAST);
    EXPECT_EQ(look_up("10.5.1.1", "10.0.0.5").gateway, std::nullopt);
    EXPECT_EQ(look_up("10.6.1.1", "10.0.0.5").gateway, ip("fd00::1"));
    EXPECT_EQ(look_up("fd05::9", "fd00::5").gateway, ip("fd00::2"));
    EXPECT_EQ(look_up("10.0.0.5", "10.0.0.5").type, RTN_LOCAL);

    for (const route& one : wanted) must(send(delete_route(one)));
    EXPECT_TRUE(ours().empty());
    auto message = look_up_route({ip("192.0.2.1"), ip("10.0.0.5"), 0});
    EXPECT_EQ(with->transact(message).code, ENETUNREACH);
}

TEST_F(rtnetlink_test, neighbours_are_set_listed_and_probed) {
    must(send(add_address(tap.index, prefix("10.0.0.5/24"))));
    const neighbour_id known{tap.index, ip("10.0.0.9")};
    const neighbour_id asked{tap.index, ip("10.0.0.10")};
    const mac_address mac = *mac_address::parse("02:00:00:00:00:09");
    must(send(set_neighbour(known, mac)));
    must(send(probe_neighbour(asked)));
    const auto all = list_neighbours(*with);
    ASSERT_TRUE(all);
    auto find = [&](const neighbour_id& id) {
        return std::find_if(all->begin(), all->end(), [&](const auto& one) { return one.id == id; });
    };
    ASSERT_NE(find(known), all->end());
    EXPECT_EQ(find(known)->mac, mac);
    EXPECT_EQ(find(known)->state, NUD_PERMANENT);
    ASSERT_NE(find(asked), all->end());
    EXPECT_EQ(find(asked)->mac, std::nullopt);
    EXPECT_EQ(find(asked)->state, NUD_INCOMPLETE);
    must(send(delete_neighbour(known)));
    EXPECT_EQ(send(delete_neighbour(known)).code, ENOENT);
}

TEST_F(rtnetlink_test, a_batch_tries_all_and_tells_each_outcome) {
    std::vector<request> many;
    for (unsigned i = 0; i < 500; ++i) {
        // Each tenth is there already.
        const unsigned host = i % 10 == 9 ? i - 1 : i;
        many.push_back(add_address(tap.index, {ip_address::from_v4(0x0a00'0001 + host), 16}));
    }
    const std::vector<reply> replies = with->batch(many);
    ASSERT_EQ(replies.size(), many.size());
    for (unsigned i = 0; i < 500; ++i) EXPECT_EQ(replies[i].code, i % 10 == 9 ? EEXIST : 0) << i;
    EXPECT_TRUE(replies[9].message.starts_with("add address 10.0.0.9/16: File exists")) << replies[9].message;
    EXPECT_TRUE(with->batch({}).empty());
}

}  // namespace
}  // namespace waggle::netlink
