#include "control/attach/container_links.hh"

#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <sys/wait.h>

#include "control/netlink/address.hh"
#include "control/netlink/namespace_ids.hh"
#include "control/netlink/route.hh"
#include "tests/unit/netlink/namespace_fixture.hh"

namespace waggle::control {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// A Waggle namespace with TAP "wgblue", container namespaces c1 and c2, and container_links under test.
class container_links_test : public test::namespace_test {
protected:
    void SetUp() override {
        namespace_test::SetUp();
        if (IsSkipped()) return;
        home = make_namespace("home");
        c1 = make_namespace("c1");
        c2 = make_namespace("c2");
        tap = make_tap(home, "wgblue");
    }
    void TearDown() override {
        links.reset();
        if (tap >= 0) close(tap);
        namespace_test::TearDown();
    }

    void start() {
        links = std::make_unique<container_links>(
            results, container_links::settings{"a", netlink::namespace_path(home)},
            [this](const link_status& status) { statuses[status.endpoint] = status; });
        const auto started = links->start();
        ASSERT_TRUE(started) << started.failure().message;
    }
    container_link make(const std::string& endpoint, const std::string& container, unsigned number,
                        const std::string& interface = "eth0") {
        container_link link;
        link.endpoint = endpoint;
        link.overlay = "blue";
        link.tap = "wgblue";
        link.mtu = 1400;
        link.addresses = {
            {ip_address::from_v4(0x0a01'0000 + number), 16},
            *ip_prefix::parse(std::string("fd00::").append(std::to_string(number)).append("/64"))};
        link.mac = mac_address::derived_from(link.addresses[0].address);
        link.attachment = {config::namespace_by_name{container}, interface, {}};
        return link;
    }
    /// Runs the results' io_context until the condition holds; nothing fails because the machine is slow.
    template <typename Condition>
    bool eventually(Condition condition, clock::duration patience = 30s) {
        const auto end = clock::now() + patience;
        while (clock::now() < end) {
            results.restart();
            results.poll();
            if (condition()) return true;
            std::this_thread::sleep_for(2ms);
        }
        return condition();
    }
    bool becomes(const std::string& endpoint, link_condition condition) {
        const bool came = eventually(
            [&] { return statuses.contains(endpoint) && statuses[endpoint].condition == condition; });
        if (!came) ADD_FAILURE() << endpoint << ": " << statuses[endpoint].reason;
        return came;
    }
    std::optional<netlink::link> find(const std::string& container, const std::string& interface = "eth0") {
        auto with = socket_in(container);
        auto found = netlink::find_link(with, interface);
        return found ? *found : std::nullopt;
    }
    std::vector<std::string> addresses_of(const std::string& container,
                                          const std::string& interface = "eth0") {
        auto with = socket_in(container);
        std::vector<std::string> texts;
        auto list = netlink::list_addresses(with, link_in(with, interface).index);
        for (const auto& one : *list) {
            if (one.address.address.is_link_local()) continue;
            EXPECT_FALSE(one.tentative) << one.address.to_string();
            texts.push_back(one.address.to_string());
        }
        return texts;
    }
    std::vector<std::string> our_routes_of(const std::string& container) {
        auto with = socket_in(container);
        auto routes = netlink::list_routes(with, link_in(with, "eth0").index);
        if (!routes) throw std::runtime_error(routes.failure().message);
        std::vector<std::string> texts;
        for (const netlink::route& route : *routes) {
            if (route.protocol != netlink::waggle_protocol) continue;
            texts.push_back(route.destination.to_string());
            if (route.gateway) texts.back().append(" ").append(route.gateway->to_string());
        }
        std::sort(texts.begin(), texts.end());
        return texts;
    }
    std::size_t macvlans_in(const std::string& container) {
        auto with = socket_in(container);
        return netlink::list_links(with, {}, "macvlan")->size();
    }
    void change(const std::string& container, const std::string& interface,
                const netlink::link_change& what) {
        auto with = socket_in(container);
        auto message = netlink::change_link(link_in(with, interface).index, what, "change");
        must(with.transact(message));
    }
    void remove(const std::string& container, const std::string& interface) {
        auto with = socket_in(container);
        auto message = netlink::delete_link(link_in(with, interface).index, "remove");
        must(with.transact(message));
    }

    boost::asio::io_context results;
    std::map<std::string, link_status> statuses;
    std::unique_ptr<container_links> links;
    std::string home, c1, c2;
    int tap = -1;
};

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

TEST_F(container_links_test, repairs_what_others_change) {
    start();
    container_link web = make("web", c1, 5);
    web.attachment.routes = {{*ip_prefix::parse("10.9.0.0/16"), ip_address::parse("10.1.0.1")}};
    links->set_desired({web});
    ASSERT_TRUE(becomes("web", link_condition::attached));

    netlink::link_change down;
    down.up = false;
    change(c1, "eth0", down);
    EXPECT_TRUE(eventually([&] { return find(c1) && find(c1)->up; }));

    netlink::link_change other;
    other.mtu = 1280;
    other.mac = *mac_address::parse("02:00:00:00:00:99");
    change(c1, "eth0", other);
    EXPECT_TRUE(eventually([&] { return find(c1)->mtu == 1400 && find(c1)->mac == web.mac; }));

    {
        auto with = socket_in(c1);
        auto message = netlink::delete_address(link_in(with, "eth0").index, web.addresses[0]);
        must(with.transact(message));
    }
    EXPECT_TRUE(eventually([&] { return addresses_of(c1).size() == 2; }));
    EXPECT_TRUE(eventually([&] { return our_routes_of(c1).size() == 1; }));

    remove(c1, "eth0");
    EXPECT_TRUE(eventually([&] { return find(c1).has_value(); }));
    EXPECT_EQ(statuses["web"].condition, link_condition::attached);
}

TEST_F(container_links_test, leaves_what_the_container_set_alone) {
    start();
    links->set_desired({make("web", c1, 5)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    auto with = socket_in(c1);
    const int index = link_in(with, "eth0").index;
    // As a container's own tools would set it: not marked as ours.
    auto own = netlink::add_address(index, *ip_prefix::parse("172.16.0.9/24"));
    auto* protocol = static_cast<std::uint8_t*>(mnl_nlmsg_get_payload_tail(own.message())) - 4;
    *protocol = 0;
    must(with.transact(own));
    container_link changed = make("web", c1, 7);
    links->set_desired({changed});
    EXPECT_TRUE(eventually([&] {
        return addresses_of(c1) == std::vector<std::string>{"172.16.0.9/24", "10.1.0.7/16", "fd00::7/64"};
    })) << ::testing::PrintToString(addresses_of(c1));
    EXPECT_EQ(find(c1)->index, index) << "changed in place";
}

TEST_F(container_links_test, changes_a_link_in_place) {
    start();
    links->set_desired({make("web", c1, 5)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    const int index = find(c1)->index;
    container_link renamed = make("web", c1, 5, "net0");
    renamed.mtu = 1300;
    renamed.attachment.routes = {{*ip_prefix::parse("10.9.0.0/16"), ip_address::parse("10.1.0.1")}};
    links->set_desired({renamed});
    ASSERT_TRUE(eventually([&] { return find(c1, "net0") && find(c1, "net0")->mtu == 1300; }));
    EXPECT_EQ(find(c1, "net0")->index, index);
    EXPECT_TRUE(eventually([&] { return find(c1, "net0")->up && addresses_of(c1, "net0").size() == 2; }));
}

TEST_F(container_links_test, a_name_passes_from_one_endpoint_to_another) {
    start();
    links->set_desired({make("old", c1, 5)});
    ASSERT_TRUE(becomes("old", link_condition::attached));
    links->set_desired({make("new", c1, 5)});
    ASSERT_TRUE(becomes("new", link_condition::attached));
    EXPECT_EQ(find(c1)->alias, "waggle:a:blue:new");
}

TEST_F(container_links_test, adopts_after_a_restart) {
    start();
    links->set_desired({make("web", c1, 5), make("db", c2, 6)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    ASSERT_TRUE(becomes("db", link_condition::attached));
    const int index = find(c1)->index;
    links->stop(false);
    statuses.clear();
    // While nobody looks: web's link is changed, db is taken out of the file.
    netlink::link_change other;
    other.mtu = 1280;
    change(c1, "eth0", other);
    start();
    links->set_desired({make("web", c1, 5)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    EXPECT_EQ(find(c1)->index, index);
    EXPECT_EQ(find(c1)->mtu, 1400U);
    EXPECT_TRUE(eventually([&] { return !find(c2); }));
}

TEST_F(container_links_test, a_moved_endpoint_leaves_its_old_place_after_a_restart) {
    start();
    links->set_desired({make("web", c1, 5)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    links->stop(false);
    statuses.clear();
    start();
    links->set_desired({make("web", c2, 5)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    EXPECT_FALSE(find(c1));
    EXPECT_TRUE(find(c2));
}

TEST_F(container_links_test, a_half_made_link_of_a_killed_life_goes) {
    {
        // As left by a kill between creating the link and naming it ours.
        auto with = socket_in(home);
        auto container = open(c1);
        ASSERT_TRUE(netlink::assign_namespace_id(with, container));
        auto message = netlink::create_macvlan(
            {link_in(with, "wgblue").index, "eth0", *mac_address::parse("02:42:0a:01:00:05"), 1400},
            container.fd());
        must(with.transact(message));
    }
    start();
    links->set_desired({make("web", c1, 5)});
    ASSERT_TRUE(becomes("web", link_condition::attached));
    EXPECT_EQ(find(c1)->alias, "waggle:a:blue:web");
    EXPECT_EQ(macvlans_in(c1), 1U);
}

TEST_F(container_links_test, says_what_is_wrong_with_its_own_namespace) {
    container_links broken(results, {"a", "/run/netns/no-such-namespace"}, {});
    const auto started = broken.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.failure().message,
              "Waggle's network namespace: open /run/netns/no-such-namespace: No such file or directory");
}

TEST_F(container_links_test, two_thousand_endpoints) {
    // As many namespaces as can be made in a moment, each with several links: the kernel's own tables slow
    // down when thousands of links of one subnet are in one namespace.
    constexpr unsigned containers = 200;
    std::vector<std::string> names;
    for (unsigned i = 0; i < containers; ++i)
        names.push_back(make_namespace(std::string("many").append(std::to_string(i))));
    std::vector<container_link> many;
    for (unsigned i = 0; i < 2000; ++i) {
        many.push_back(make(std::string("e").append(std::to_string(i)), names[i % containers], 10 + i,
                            std::string("n").append(std::to_string(i))));
    }
    auto count = [&](link_condition condition) {
        std::size_t matching = 0;
        for (const auto& [name, status] : statuses)
            if (status.condition == condition) ++matching;
        return matching;
    };
    auto all_links = [&] {
        std::size_t sum = 0;
        for (const std::string& name : names) sum += macvlans_in(name);
        return sum;
    };
    auto begin = clock::now();
    auto passed = [&] { return std::chrono::duration<double>(clock::now() - begin).count(); };

    start();
    links->set_desired(many);
    ASSERT_TRUE(eventually([&] { return count(link_condition::attached) == many.size(); }, 120s));
    std::cout << "2000 endpoints attached in " << passed() << " s\n";
    EXPECT_EQ(all_links(), many.size());

    links->stop(false);
    statuses.clear();
    begin = clock::now();
    start();
    links->set_desired(many);
    ASSERT_TRUE(eventually([&] { return count(link_condition::attached) == many.size(); }, 120s));
    std::cout << "2000 endpoints adopted in " << passed() << " s\n";

    begin = clock::now();
    links->set_desired({});
    ASSERT_TRUE(eventually([&] { return count(link_condition::removed) == many.size(); }, 240s));
    std::cout << "2000 endpoints removed in " << passed() << " s\n";
    EXPECT_EQ(all_links(), 0U);
}

}  // namespace
}  // namespace waggle::control
