#include "control/netlink/monitor.hh"

#include <chrono>
#include <thread>

#include <linux/rtnetlink.h>

#include "control/netlink/address.hh"
#include "control/netlink/link.hh"
#include "control/netlink/namespace_ids.hh"
#include "tests/unit/netlink/namespace_fixture.hh"

namespace waggle::netlink {
namespace {

using namespace std::chrono_literals;

class monitor_test : public test::namespace_test {
protected:
    void SetUp() override {
        namespace_test::SetUp();
        if (IsSkipped()) return;
        home = make_namespace("home");
        tap_fd = make_tap(home, "tap0");
    }
    void TearDown() override {
        if (tap_fd >= 0) close(tap_fd);
        namespace_test::TearDown();
    }
    template <typename Condition>
    bool eventually(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (std::chrono::steady_clock::now() < end && !condition()) {
            context.restart();
            context.run_for(20ms);
        }
        return condition();
    }

    boost::asio::io_context context;
    std::string home;
    int tap_fd = -1;
};

TEST_F(monitor_test, hears_changes_and_the_end_of_each_load) {
    auto where = open(home);
    auto opened = monitor::open(context, {{RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR}, false}, &where);
    ASSERT_TRUE(opened) << opened.failure().message;
    std::vector<std::string> heard;
    int drained = 0;
    (*opened)->start({
        [&](const nlmsghdr& message, std::optional<std::int32_t> from) {
            EXPECT_FALSE(from);
            if (auto one = parse_link(message)) heard.push_back(one->name);
            if (auto one = parse_address(message)) heard.push_back(one->address.to_string());
        },
        [&] { ADD_FAILURE() << "nothing was lost"; },
        [&] { ++drained; },
    });
    auto with = socket_in(home);
    const int index = link_in(with, "tap0").index;
    link_change change;
    change.mtu = 1300;
    auto first = change_link(index, change, "change");
    must(with.transact(first));
    auto second = add_address(index, *ip_prefix::parse("10.0.0.1/24"));
    must(with.transact(second));
    EXPECT_TRUE(eventually([&] { return !heard.empty() && heard.back() == "10.0.0.1/24"; }));
    EXPECT_EQ(heard.front(), "tap0");
    EXPECT_GE(drained, 1);
}

TEST_F(monitor_test, hears_numbered_namespaces_and_their_end) {
    const std::string far = make_namespace("far");
    auto where = open(home);
    auto with = socket_in(home);
    std::int32_t number = -1;
    {
        auto there = open(far);
        number = *assign_namespace_id(with, there);
    }
    auto opened = monitor::open(context, {{RTNLGRP_LINK, RTNLGRP_NSID}, true}, &where);
    ASSERT_TRUE(opened) << opened.failure().message;
    bool link_heard = false;
    bool end_heard = false;
    (*opened)->start({
        [&](const nlmsghdr& message, std::optional<std::int32_t> from) {
            if (auto one = parse_link(message); one && one->name == "lo" && one->up)
                link_heard = from == number;
            if (message.nlmsg_type == RTM_DELNSID) end_heard = parse_namespace_id(message) == number;
        },
        {},
        {},
    });
    {
        auto inside = socket_in(far);
        link_change up;
        up.up = true;
        auto message = change_link(link_in(inside, "lo").index, up, "up");
        must(inside.transact(message));
    }
    EXPECT_TRUE(eventually([&] { return link_heard; }));
    ASSERT_TRUE(delete_named_namespace(far));
    EXPECT_TRUE(eventually([&] { return end_heard; }));
}

TEST_F(monitor_test, says_when_something_was_lost) {
    auto where = open(home);
    auto opened = monitor::open(context, {{RTNLGRP_IPV4_IFADDR}, false}, &where, 4096);
    ASSERT_TRUE(opened);
    bool lost = false;
    (*opened)->start({{}, [&] { lost = true; }, {}});
    auto with = socket_in(home);
    const int index = link_in(with, "tap0").index;
    std::vector<request> many;
    for (unsigned i = 0; i < 200; ++i)
        many.push_back(add_address(index, {ip_address::from_v4(0x0a00'0001 + i), 16}));
    with.batch(many);
    EXPECT_TRUE(eventually([&] { return lost; }));
}

}  // namespace
}  // namespace waggle::netlink
