#include "control/overlay/address_chooser.hh"

#include <set>

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

config::config host(const std::string& name, int endpoints, const char* subnet) {
    config::config file;
    file.node.name = name;
    file.node.vtep_v4 = ip_address::from_v4(0xc000'0200U + static_cast<std::uint8_t>(name.back()));
    config::overlay blue;
    blue.name = "blue";
    blue.id = *vni::from(100);
    blue.subnets = {*ip_prefix::parse(subnet)};
    file.overlays = {blue};
    for (int i = 0; i < endpoints; ++i) {
        config::endpoint one;
        one.name = name + std::to_string(i);
        one.overlay = "blue";
        one.host = name;
        file.endpoints.push_back(one);
    }
    return file;
}

/// A host with its chooser, whose claims and places the other hosts hear of at once.
struct chooser {
    chooser(const std::string& host_name, int endpoints, const char* subnet, std::uint64_t seed,
            std::map<std::string, ip_address> former = {})
        : name(host_name),
          file(host(host_name, endpoints, subnet)),
          tables(host_name),
          addresses(seed, former) {
        standing.connected = true;
        standing.in_sync = {"blue"};
    }
    void step(moment now) {
        addresses.step(file, tables, standing, now);
        standing.claim_keys.clear();
        for (const auto& [endpoint, address] : addresses.claims())
            standing.claim_keys[endpoint] = name + endpoint + address.to_string();
    }
    /// What this host has claimed and taken, as others hear it.
    void tell(chooser& other, moment now) const {
        for (const auto& [endpoint, address] : addresses.claims())
            other.tables.apply({"blue", networkdb::claim_table, standing.claim_keys.at(endpoint), name, 1,
                                networkdb::encode(networkdb::claim_record{address, endpoint})},
                               now);
        for (const auto& [endpoint, address] : addresses.chosen())
            other.tables.apply(
                {"blue", networkdb::overlay_peer_table, endpoint, name, 1,
                 networkdb::encode(networkdb::peer_record{address, mac_address::derived_from(address.address),
                                                          *file.node.vtep_v4})},
                now);
    }
    std::string name;
    config::config file;
    swarm_tables tables;
    address_chooser addresses;
    swarm_standing standing;
};

TEST(address_chooser, waits_until_it_knows_the_swarm) {
    chooser one("a", 1, "10.1.0.0/24", 1);
    moment now{std::chrono::seconds(1)};
    one.standing.connected = false;
    one.step(now);
    EXPECT_TRUE(one.addresses.claims().empty());
    EXPECT_TRUE(one.addresses.waiting().contains("a0"));
    one.standing.connected = true;
    one.step(now);
    ASSERT_EQ(one.addresses.claims().size(), 1U);
    one.step(now += address_chooser::settling - std::chrono::milliseconds(1));
    EXPECT_TRUE(one.addresses.chosen().empty());
    one.step(now += address_chooser::settling);
    ASSERT_EQ(one.addresses.chosen().size(), 1U);
    EXPECT_EQ(one.addresses.chosen().at("a0").length, 24U);
    EXPECT_TRUE(one.addresses.waiting().empty());
}

TEST(address_chooser, two_hosts_that_claim_one_address_settle_it) {
    // Same seed and the same former address: both claim it at once.
    std::map<std::string, ip_address> former{{"a0", *ip_address::parse("10.1.0.77")},
                                             {"b0", *ip_address::parse("10.1.0.77")}};
    chooser a("a", 1, "10.1.0.0/24", 1, former);
    chooser b("b", 1, "10.1.0.0/24", 1, former);
    moment now{std::chrono::seconds(1)};
    for (int i = 0; i < 40; ++i) {
        a.step(now);
        b.step(now);
        if (i == 0) {
            EXPECT_EQ(a.addresses.claims().at("a0"), b.addresses.claims().at("b0"));
        }
        a.tell(b, now);
        b.tell(a, now);
        now += std::chrono::milliseconds(250);
    }
    ASSERT_EQ(a.addresses.chosen().size(), 1U);
    ASSERT_EQ(b.addresses.chosen().size(), 1U);
    // The smaller key keeps it.
    EXPECT_EQ(a.addresses.chosen().at("a0").address.to_string(), "10.1.0.77");
    EXPECT_NE(b.addresses.chosen().at("b0").address.to_string(), "10.1.0.77");
}

TEST(address_chooser, uses_every_host_address_but_the_gateways_and_then_says_so) {
    chooser one("a", 7, "10.1.0.0/29", 5);
    moment now{std::chrono::seconds(1)};
    for (int i = 0; i < 20; ++i) one.step(now += std::chrono::seconds(1));
    std::set<ip_address> chosen;
    for (const auto& [endpoint, address] : one.addresses.chosen()) chosen.insert(address.address);
    EXPECT_EQ(chosen.size(), 5U);
    EXPECT_FALSE(chosen.contains(*ip_address::parse("10.1.0.0")));
    EXPECT_FALSE(chosen.contains(*ip_address::parse("10.1.0.1")));
    EXPECT_FALSE(chosen.contains(*ip_address::parse("10.1.0.7")));
    EXPECT_EQ(one.addresses.waiting().size(), 2U);
    EXPECT_NE(one.addresses.waiting().begin()->second.find("no free address"), std::string::npos);
    // One that goes makes room.
    one.file.endpoints.erase(one.file.endpoints.begin());
    for (int i = 0; i < 5; ++i) one.step(now += std::chrono::seconds(1));
    EXPECT_EQ(one.addresses.chosen().size(), 5U);
}

/// A host that has chosen 10.1.0.77.
chooser settled_on_77(const std::string& name, moment& now) {
    chooser one(name, 1, "10.1.0.0/24", 1, {{name + "0", *ip_address::parse("10.1.0.77")}});
    one.step(now);
    one.step(now += address_chooser::settling);
    EXPECT_EQ(one.addresses.chosen().at(name + "0").address.to_string(), "10.1.0.77");
    return one;
}

TEST(address_chooser, gives_way_to_a_newer_record_after_a_split) {
    moment now{std::chrono::seconds(1)};
    chooser one = settled_on_77("a", now);
    chooser other = settled_on_77("b", now);
    other.tell(one, now);
    one.standing.rivalries = {{"blue", *ip_address::parse("10.1.0.77"), false, "b"}};
    one.step(now);
    EXPECT_TRUE(one.addresses.chosen().empty());
    ASSERT_EQ(one.addresses.claims().size(), 1U);
    EXPECT_NE(one.addresses.claims().at("a0").to_string(), "10.1.0.77");
    one.standing.rivalries.clear();
    one.step(now += address_chooser::settling);
    EXPECT_EQ(one.addresses.chosen().size(), 1U);
}

TEST(address_chooser, with_the_newer_record_waits_for_the_other_to_give_way) {
    moment now{std::chrono::seconds(1)};
    chooser one = settled_on_77("a", now);
    chooser other = settled_on_77("b", now);
    other.tell(one, now);
    one.standing.rivalries = {{"blue", *ip_address::parse("10.1.0.77"), true, "b"}};
    one.step(now);
    one.step(now += address_chooser::patience_with_rivals - std::chrono::milliseconds(1));
    EXPECT_EQ(one.addresses.chosen().size(), 1U);
    // It did: what was waited for before does not count any more.
    one.standing.rivalries.swap(other.standing.rivalries);
    one.step(now += std::chrono::seconds(1));
    one.standing.rivalries.swap(other.standing.rivalries);
    one.step(now += std::chrono::seconds(1));
    EXPECT_EQ(one.addresses.chosen().size(), 1U);
    // One that was given its address can't.
    one.step(now += address_chooser::patience_with_rivals);
    EXPECT_TRUE(one.addresses.chosen().empty());
    EXPECT_NE(one.addresses.claims().at("a0").to_string(), "10.1.0.77");
}

TEST(address_chooser, takes_what_it_had_though_others_still_tell_of_its_former_life) {
    moment now{std::chrono::seconds(1)};
    chooser one = settled_on_77("a", now);
    chooser next("a", 1, "10.1.0.0/24", 1, {{"a0", *ip_address::parse("10.1.0.77")}});
    next.tables.apply(
        {"blue", networkdb::overlay_peer_table, "key", "former name", 1,
         networkdb::encode(networkdb::peer_record{*ip_prefix::parse("10.1.0.77/24"),
                                                  mac_address::derived_from(*ip_address::parse("10.1.0.77")),
                                                  *one.file.node.vtep_v4})},
        now);
    next.step(now);
    next.step(now += address_chooser::settling);
    ASSERT_EQ(next.addresses.chosen().size(), 1U);
    EXPECT_EQ(next.addresses.chosen().at("a0").address.to_string(), "10.1.0.77");
}

}  // namespace
}  // namespace waggle::control
