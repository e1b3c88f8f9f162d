#include "tests/unit/attach/container_links_fixture.hh"

namespace waggle::control {
namespace {

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
    EXPECT_TRUE(eventually([&] {
        const auto now = find(c1);
        return now && now->mtu == 1400 && now->mac == web.mac;
    }));

    // A repair may make the link anew, so that there is none for a moment.
    EXPECT_TRUE(eventually([&] {
        const auto now = find(c1);
        if (!now) return false;
        auto with = socket_in(c1);
        auto message = netlink::delete_address(now->index, web.addresses[0]);
        return with.transact(message).ok();
    }));
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
