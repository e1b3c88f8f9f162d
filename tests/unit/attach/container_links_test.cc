#include "tests/unit/attach/container_links_fixture.hh"

namespace waggle::control {
namespace {

TEST_F(container_links_test, makes_a_complete_link) {
    start();
    container_link web = make("web", c1, 5);
    web.attachment.routes = {{*ip_prefix::parse("10.9.0.0/16"), ip_address::parse("10.1.0.1")},
                             {*ip_prefix::parse("fd99::/64"), ip_address::parse("fd00::1")},
                             {*ip_prefix::parse("10.8.0.0/16"), std::nullopt}};
    links->set_desired({web});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    const auto link = find(c1);
    ASSERT_TRUE(link);
    EXPECT_EQ(link->kind, "macvlan");
    EXPECT_EQ(link->mac, web.mac);
    EXPECT_EQ(link->mtu, 1400U);
    EXPECT_TRUE(link->up);
    EXPECT_EQ(link->alias, "waggle:a:blue:web");
    EXPECT_EQ(addresses_of(c1), (std::vector<std::string>{"10.1.0.5/16", "fd00::5/64"}));
    const std::vector<std::string> ours = our_routes_of(c1);
    EXPECT_EQ(ours, (std::vector<std::string>{"10.8.0.0/16", "10.9.0.0/16 10.1.0.1", "fd99::/64 fd00::1"}));
}

TEST_F(container_links_test, removes_what_is_no_longer_wanted) {
    start();
    links->set_desired({make("web", c1, 5), make("db", c2, 6)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    ASSERT_TRUE(becomes("db", link_condition::attached));
    links->set_desired({make("db", c2, 6)});
    ASSERT_TRUE(becomes("web", link_condition::removed));
    EXPECT_FALSE(find(c1));
    EXPECT_TRUE(find(c2));
    links->stop(true);
    EXPECT_FALSE(find(c2));
}

TEST_F(container_links_test, finds_namespaces_by_path_and_by_process) {
    start();
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        const char done = unshare(CLONE_NEWNET) == 0 ? 1 : 0;
        if (write(ready[1], &done, 1) == 1) pause();
        _exit(0);
    }
    char done = 0;
    ASSERT_EQ(read(ready[0], &done, 1), 1);
    ASSERT_EQ(done, 1);
    container_link by_path = make("by_path", c1, 5);
    by_path.attachment.network_namespace = config::namespace_by_path{netlink::namespace_path(c1)};
    container_link by_pid = make("by_pid", c1, 6);
    by_pid.attachment.network_namespace = config::namespace_by_pid{static_cast<std::uint32_t>(child)};
    links->set_desired({by_path, by_pid});
    EXPECT_TRUE(becomes("by_path", link_condition::attached));
    EXPECT_TRUE(becomes("by_pid", link_condition::attached));
    EXPECT_TRUE(find(c1));
    {
        auto process = netlink::network_namespace::open_pid(static_cast<std::uint32_t>(child));
        ASSERT_TRUE(process);
        auto with = netlink::socket::open_in(*process);
        ASSERT_TRUE(with);
        EXPECT_EQ(link_in(*with, "eth0").alias, "waggle:a:blue:by_pid");
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
    // The process is gone and the namespace with it: the endpoint waits.
    EXPECT_TRUE(becomes("by_pid", link_condition::pending));
    EXPECT_NE(statuses["by_pid"].reason.find("process"), std::string::npos) << statuses["by_pid"].reason;
}

TEST_F(container_links_test, waits_for_the_namespace) {
    start();
    const std::string late = full_name("late");
    remove_at_end(late);
    links->set_desired({make("web", late, 5)});
    ASSERT_TRUE(becomes("web", link_condition::pending));
    EXPECT_EQ(statuses["web"].reason,
              "network namespace " + late + ": open /run/netns/" + late + ": No such file or directory");
    make_namespace("late");
    ASSERT_TRUE(becomes("web", link_condition::attached));
    EXPECT_TRUE(find(late));
}

TEST_F(container_links_test, refuses_what_is_no_namespace) {
    start();
    container_link web = make("web", c1, 5);
    web.attachment.network_namespace = config::namespace_by_path{"/proc/self/ns/uts"};
    links->set_desired({web});
    ASSERT_TRUE(becomes("web", link_condition::pending));
    EXPECT_NE(statuses["web"].reason.find("is not a network namespace"), std::string::npos);
}

TEST_F(container_links_test, follows_the_name_to_a_new_namespace) {
    start();
    links->set_desired({make("web", c1, 5)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    statuses.clear();
    // Held alive by us, as a process in it would.
    auto old = open(c1);
    ASSERT_TRUE(netlink::delete_named_namespace(c1));
    ASSERT_TRUE(netlink::create_named_namespace(c1));
    EXPECT_TRUE(eventually([&] { return find(c1).has_value(); }, 60s));
    auto with = netlink::socket::open_in(old);
    EXPECT_EQ(netlink::list_links(*with, {}, "macvlan")->size(), 0U);
}

TEST_F(container_links_test, attaches_again_after_the_namespace_was_replaced) {
    start();
    links->set_desired({make("web", c1, 5)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    ASSERT_TRUE(netlink::delete_named_namespace(c1));
    ASSERT_TRUE(becomes("web", link_condition::pending));
    ASSERT_TRUE(netlink::create_named_namespace(c1));
    ASSERT_TRUE(becomes("web", link_condition::attached));
    EXPECT_TRUE(find(c1));
}

TEST_F(container_links_test, waits_for_the_tap_and_follows_it) {
    close(tap);
    start();
    links->set_desired({make("web", c1, 5)});
    ASSERT_TRUE(becomes("web", link_condition::pending));
    EXPECT_NE(statuses["web"].reason.find("wgblue of overlay blue"), std::string::npos);
    tap = make_tap(home, "wgblue");
    ASSERT_TRUE(becomes("web", link_condition::attached));
    // The dataplane dies and comes back.
    close(tap);
    ASSERT_TRUE(becomes("web", link_condition::pending));
    EXPECT_FALSE(find(c1));
    tap = make_tap(home, "wgblue");
    ASSERT_TRUE(becomes("web", link_condition::attached));
    EXPECT_TRUE(find(c1));
}

TEST_F(container_links_test, waits_for_a_tap_with_room) {
    start();
    container_link web = make("web", c1, 5);
    web.mtu = 8950;
    links->set_desired({web});
    ASSERT_TRUE(becomes("web", link_condition::pending));
    EXPECT_EQ(statuses["web"].reason,
              "interface wgblue of overlay blue has MTU 1450, the endpoint wants 8950");
    netlink::link_change wider;
    wider.mtu = 9000;
    change(home, "wgblue", wider);
    ASSERT_TRUE(becomes("web", link_condition::attached));
    EXPECT_EQ(find(c1)->mtu, 8950U);
}

TEST_F(container_links_test, names_a_clash_and_leaves_nothing_half_made) {
    start();
    links->set_desired({make("first", c1, 5)});
    ASSERT_TRUE(becomes("first", link_condition::attached));
    links->set_desired({make("first", c1, 5), make("second", c1, 6)});
    ASSERT_TRUE(becomes("second", link_condition::failed));
    EXPECT_NE(statuses["second"].reason.find("there is an interface eth0 already"), std::string::npos);
    // A gateway that is on no link: everything made before it is taken back.
    container_link odd = make("odd", c2, 7);
    odd.attachment.routes = {{*ip_prefix::parse("10.9.0.0/16"), ip_address::parse("192.0.2.1")}};
    links->set_desired({odd});
    ASSERT_TRUE(becomes("odd", link_condition::failed));
    EXPECT_NE(statuses["odd"].reason.find("add route 10.9.0.0/16 via 192.0.2.1"), std::string::npos)
        << statuses["odd"].reason;
    EXPECT_EQ(macvlans_in(c2), 0U);
    EXPECT_EQ(macvlans_in(c1), 0U);
}

}  // namespace
}  // namespace waggle::control
