#include "control/overlay/swarm_config.hh"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "control/overlay/desired_state.hh"

namespace waggle::control {
namespace {

using networkdb::entry_change;

config::config base() {
    config::config file;
    file.node.name = "alpha";
    file.node.vtep_v4 = *ip_address::parse("192.0.2.1");
    config::overlay blue;
    blue.name = "blue";
    blue.id = *vni::from(100);
    blue.subnets = {*ip_prefix::parse("10.1.0.0/24")};
    file.overlays = {blue};
    file.overlays.push_back(blue);
    file.overlays[1].name = "green";
    file.overlays[1].id = *vni::from(101);
    file.overlays[1].network = "net-of-green";
    file.overlays[1].subnets = {*ip_prefix::parse("10.2.0.0/24")};
    config::endpoint web;
    web.name = "web";
    web.overlay = "blue";
    web.addresses = {*ip_prefix::parse("10.1.0.2/24")};
    web.mac = *mac_address::parse("02:42:0a:01:00:02");
    web.host = "alpha";
    web.attached = config::container_attachment{config::namespace_by_name{"web"}, "eth0", {}};
    file.endpoints = {web};
    return file;
}

entry_change place(const std::string& network, const std::string& key, const std::string& owner,
                   const std::string& address, const std::string& vtep, networkdb::lamport_time time,
                   const std::string& mac = {}) {
    networkdb::peer_record record;
    record.address = *ip_prefix::parse(address);
    record.mac = mac.empty() ? mac_address::derived_from(record.address.address) : *mac_address::parse(mac);
    record.vtep = *ip_address::parse(vtep);
    return {network, networkdb::overlay_peer_table, key, owner, time, networkdb::encode(record)};
}

entry_change host(const std::string& network, const std::string& owner, const std::string& name,
                  const std::string& vtep) {
    networkdb::host_record record;
    record.name = name;
    record.vtep_v4 = ip_address::parse(vtep);
    return {network, networkdb::host_table, owner, owner, 1, networkdb::encode(record)};
}

entry_change gone(entry_change what, bool replaced = false) {
    what.value.reset();
    what.owner_replaced = replaced;
    return what;
}

class swarm : public testing::Test {
protected:
    swarm_config made() { return add_swarm(base(), tables, {}); }
    /// VTEP behind which the address is; empty if it is nowhere.
    std::string behind(const std::string& address, vni overlay = *vni::from(100)) {
        host_facts facts;
        api::state state = compute_desired_state(made().config, facts).state;
        auto neighbour = state.neighbours.find({overlay, *ip_address::parse(address)});
        if (neighbour == state.neighbours.end()) return "";
        auto to = state.forwarding.find({overlay, neighbour->second});
        if (to == state.forwarding.end()) return "no way";
        auto* vtep = std::get_if<ip_address>(&to->second);
        return vtep != nullptr ? vtep->to_string() : std::get<std::string>(to->second);
    }
    moment now{std::chrono::seconds(100)};
    swarm_tables tables{"self"};
};

TEST_F(swarm, places_become_forwarding_neighbours_members_and_vteps) {
    EXPECT_EQ(tables.apply(place("blue", "k1", "n2", "10.1.0.7/24", "192.0.2.2", 5), now),
              table_news::places);
    EXPECT_EQ(tables.apply(place("net-of-green", "k2", "n2", "10.2.0.7/24", "192.0.2.3", 5), now),
              table_news::places);
    EXPECT_EQ(behind("10.1.0.7"), "192.0.2.2");
    EXPECT_EQ(behind("10.2.0.7", *vni::from(101)), "192.0.2.3");
    host_facts facts;
    api::state state = compute_desired_state(made().config, facts).state;
    EXPECT_EQ(state.vteps.size(), 2U);
    EXPECT_EQ(state.members.size(), 2U);
    EXPECT_EQ(tables.apply(gone(place("blue", "k1", "n2", "10.1.0.7/24", "192.0.2.2", 5)), now),
              table_news::places);
    EXPECT_EQ(behind("10.1.0.7"), "");
}

TEST_F(swarm, hosts_are_called_by_their_names) {
    tables.apply(host("blue", "n2", "beta", "192.0.2.2"), now);
    tables.apply(host("blue", "n3", "beta", "192.0.2.3"), now);
    tables.apply(host("blue", "n1", "alpha", "192.0.2.1"), now);
    tables.apply(place("blue", "k", "n2", "10.1.0.7/24", "192.0.2.2", 5), now);
    swarm_config result = made();
    ASSERT_EQ(result.config.peers.size(), 2U);
    EXPECT_EQ(result.config.peers[0].name, "beta");
    EXPECT_EQ(result.config.peers[1].name, "beta@192.0.2.3");
    EXPECT_EQ(result.config.endpoints.back().host, "beta");
    EXPECT_EQ(result.config.peers[0].overlays, std::vector<std::string>{"blue"});
}

TEST_F(swarm, names_come_from_the_endpoint_table) {
    networkdb::endpoint_record record;
    record.name = "db";
    record.address = *ip_address::parse("10.1.0.7");
    tables.apply(place("blue", "0123456789abcdef", "n2", "10.1.0.7/24", "192.0.2.2", 5), now);
    EXPECT_EQ(made().config.endpoints.back().name, "0123456789ab");
    tables.apply({"blue", networkdb::endpoint_table, "0123456789abcdef", "n2", 6, networkdb::encode(record)},
                 now);
    EXPECT_EQ(made().config.endpoints.back().name, "db");
}

TEST_F(swarm, the_newest_record_of_an_address_counts_and_the_next_follows_it) {
    tables.apply(place("blue", "old", "n2", "10.1.0.7/24", "192.0.2.2", 5), now);
    tables.apply(place("blue", "new", "n3", "10.1.0.7/24", "192.0.2.3", 6), now);
    EXPECT_EQ(behind("10.1.0.7"), "192.0.2.3");
    EXPECT_EQ(made().unusable, 1U);
    tables.apply(gone(place("blue", "new", "n3", "10.1.0.7/24", "192.0.2.3", 6)), now);
    EXPECT_EQ(behind("10.1.0.7"), "192.0.2.2");
    EXPECT_EQ(made().unusable, 0U);
}

TEST_F(swarm, nobody_takes_an_endpoint_of_the_file) {
    tables.apply(place("blue", "k", "n2", "10.1.0.2/24", "192.0.2.2", 9, "02:00:00:00:00:01"), now);
    tables.apply(place("blue", "l", "n2", "10.1.0.9/24", "192.0.2.2", 9, "02:42:0a:01:00:02"), now);
    EXPECT_EQ(behind("10.1.0.2"), "wg100");
    EXPECT_EQ(behind("10.1.0.9"), "");
    EXPECT_EQ(made().unusable, 2U);
}

TEST_F(swarm, own_and_misplaced_records_are_left_out) {
    tables.apply(place("blue", "k", "former-self", "10.1.0.7/24", "192.0.2.1", 9), now);
    EXPECT_EQ(behind("10.1.0.7"), "");
    EXPECT_EQ(made().unusable, 0U);
    EXPECT_EQ(tables.apply(place("blue", "k2", "self", "10.1.0.8/24", "192.0.2.9", 9), now),
              table_news::nothing);
    tables.apply(place("blue", "k3", "n2", "10.9.0.7/24", "192.0.2.2", 9), now);
    EXPECT_EQ(made().unusable, 1U);
    ASSERT_EQ(made().problems.size(), 1U);
    EXPECT_NE(made().problems[0].find("n2"), std::string::npos);
}

TEST_F(swarm, a_name_that_comes_after_its_place_is_news) {
    tables.apply(place("blue", "k", "n2", "10.1.0.7/24", "192.0.2.2", 5), now);
    networkdb::endpoint_record called;
    called.name = "web";
    called.address = *ip_address::parse("10.1.0.7");
    const networkdb::entry_change named{"blue", networkdb::endpoint_table, "k", "n2",
                                        5,      networkdb::encode(called)};
    EXPECT_EQ(tables.apply(named, now), table_news::names);
    EXPECT_EQ(tables.apply(named, now), table_news::nothing);
}

TEST_F(swarm, records_that_make_no_sense_are_refused_and_their_owner_is_named) {
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(
            tables.apply({"blue", networkdb::overlay_peer_table, std::to_string(i), "bad-node", 1, "x"}, now),
            table_news::nothing);
    EXPECT_EQ(tables.refused(), 50U);
    auto messages = tables.take_messages();
    ASSERT_EQ(messages.size(), swarm_tables::messages_per_minute);
    EXPECT_NE(messages[0].find("bad-node"), std::string::npos);
    now += std::chrono::minutes(1);
    tables.apply({"blue", networkdb::overlay_peer_table, "x", "bad-node", 1, "x"}, now);
    messages = tables.take_messages();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_NE(messages[0].find("40 more"), std::string::npos) << messages[0];
    // A record that turns bad is withdrawn.
    tables.apply(place("blue", "k", "n2", "10.1.0.7/24", "192.0.2.2", 5), now);
    EXPECT_EQ(tables.apply({"blue", networkdb::overlay_peer_table, "k", "n2", 6, "x"}, now),
              table_news::places);
    EXPECT_EQ(behind("10.1.0.7"), "");
}

TEST_F(swarm, what_a_replaced_owner_told_lingers_until_its_next_life_tells_it) {
    entry_change told = place("blue", "k", "n2", "10.1.0.7/24", "192.0.2.2", 50);
    tables.apply(told, now);
    EXPECT_EQ(tables.apply(gone(told, true), now), table_news::places);
    EXPECT_EQ(behind("10.1.0.7"), "192.0.2.2");
    // Its clock began anew.
    tables.apply(place("blue", "k-2", "n2-reborn", "10.1.0.7/24", "192.0.2.2", 3), now);
    EXPECT_EQ(made().unusable, 0U);
    EXPECT_EQ(tables.advance(now), table_news::nothing);
    now = *tables.wake_at();
    EXPECT_EQ(tables.advance(now), table_news::places);
    EXPECT_EQ(behind("10.1.0.7"), "192.0.2.2");
    tables.apply(gone(place("blue", "k-2", "n2-reborn", "10.1.0.7/24", "192.0.2.2", 3)), now);
    EXPECT_EQ(behind("10.1.0.7"), "");
    EXPECT_FALSE(tables.wake_at());
}

TEST(swarm_order, means_nothing) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        // The last state of each key, with conflicts; before it, other states of the same keys.
        std::vector<entry_change> last;
        std::vector<entry_change> before;
        for (int i = 0; i < 60; ++i) {
            auto number = [&](unsigned below) { return std::to_string(2 + random() % below); };
            std::string key = "key" + std::to_string(i);
            std::string owner = "n" + number(6);
            last.push_back(place("blue", key, owner, "10.1.0." + number(40) + "/24", "192.0.2." + number(6),
                                 random() % 10, "02:00:00:00:00:" + std::to_string(10 + random() % 40)));
            if (i % 5 == 0) last.back() = host("blue", owner, "name" + number(3), "192.0.2." + number(6));
            before.push_back(place("blue", key, owner, "10.1.0." + number(40) + "/24", "192.0.2.8", 0));
            if (i % 7 == 0) last.back() = gone(last.back());
        }
        std::map<std::pair<std::string, std::string>, entry_change> by_key;
        for (entry_change& each : last) by_key.insert_or_assign({each.table, each.key}, each);
        last.clear();
        for (auto& [key, each] : by_key) last.push_back(each);

        std::optional<config::config> first;
        for (int order = 0; order < 10; ++order) {
            swarm_tables tables("self");
            moment now{std::chrono::seconds(1)};
            std::ranges::shuffle(before, random);
            std::ranges::shuffle(last, random);
            for (const entry_change& each : before)
                if (order % 2 == 0 && by_key.contains({each.table, each.key})) tables.apply(each, now);
            for (const entry_change& each : last) tables.apply(each, now);
            config::config result = add_swarm(base(), tables, {}).config;
            if (!first) first = result;
            EXPECT_EQ(result, *first);
        }
    }
}

TEST(wanted_publication, tells_own_endpoints_of_overlays_that_have_some) {
    config::config file = base();
    config::endpoint automatic = file.endpoints[0];
    automatic.name = "auto";
    automatic.addresses.clear();
    automatic.mac = {};
    file.endpoints.push_back(automatic);
    config::endpoint remote = file.endpoints[0];
    remote.host = "beta";
    remote.overlay = "green";
    file.endpoints.push_back(remote);

    auto wanted =
        wanted_publication(file, {}, {{"auto", *ip_address::parse("10.1.0.9")}}, {{*vni::from(100), "keys"}});
    ASSERT_EQ(wanted.size(), 1U);
    const auto& blue = wanted.at("blue");
    auto self = networkdb::decode_host_record(blue.host_record);
    ASSERT_TRUE(self.ok());
    EXPECT_EQ(self->name, "alpha");
    EXPECT_EQ(self->key_announcement, "keys");
    auto web = networkdb::decode_peer_record(blue.endpoints.at("web").peer_record);
    ASSERT_TRUE(web.ok());
    EXPECT_EQ(web->address.to_string(), "10.1.0.2/24");
    EXPECT_EQ(web->vtep.to_string(), "192.0.2.1");
    EXPECT_EQ(networkdb::decode_endpoint_record(blue.endpoints.at("web").endpoint_record)->name, "web");
    EXPECT_TRUE(blue.endpoints.at("auto").peer_record.empty());
    EXPECT_EQ(networkdb::decode_claim_record(blue.endpoints.at("auto").claim)->address.to_string(),
              "10.1.0.9");

    wanted = wanted_publication(file, {{"auto", *ip_prefix::parse("10.1.0.9/24")}}, {}, {});
    auto given = networkdb::decode_peer_record(wanted.at("blue").endpoints.at("auto").peer_record);
    ASSERT_TRUE(given.ok());
    EXPECT_EQ(given->mac.to_string(), "02:42:0a:01:00:09");
    EXPECT_TRUE(wanted.at("blue").endpoints.at("auto").claim.empty());

    EXPECT_EQ(add_swarm(file, swarm_tables("self"), {}).waiting, std::vector<std::string>{"auto"});
}

}  // namespace
}  // namespace waggle::control
