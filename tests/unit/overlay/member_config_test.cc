#include "control/overlay/member_config.hh"

#include <gtest/gtest.h>

#include "control/overlay/desired_state.hh"
#include "control/overlay/swarm_config.hh"

namespace waggle::control {
namespace {

ip_address ip(const char* text) {
    return *ip_address::parse(text);
}
ip_prefix prefix(const char* text) {
    return *ip_prefix::parse(text);
}

config::endpoint on(const char* name, const char* overlay) {
    config::endpoint each;
    each.name = name;
    each.overlay = overlay;
    each.host = "alpha";
    each.attached = config::container_attachment{config::namespace_by_name{name}, "eth0", {}};
    return each;
}

config::config file() {
    config::config file;
    file.node.name = "alpha";
    file.node.vtep_v4 = ip("192.0.2.1");
    file.swarm.emplace();
    file.endpoints = {on("web", "test-net")};
    return file;
}

swarm::network test_net() {
    swarm::network network;
    network.id = "netaaaaaaaaaaaaaaaaaaaaaa";
    network.name = "test-net";
    network.subnets = {{prefix("10.0.1.0/24"), *vni::from(4097), ip("10.0.1.1")}};
    return network;
}

class member : public testing::Test {
protected:
    member() {
        view.phase = swarm::phase::ready;
        view.networks.emplace(test_net().id, test_net());
        view.managers = {
            {"m1", "192.0.2.10:2377", 1}, {"m2", "192.0.2.11:2377", 1}, {"m3", "manager:2377", 1}};
    }
    void grant(const config::endpoint& endpoint, const char* address,
               const std::string& network = test_net().id) {
        const std::string id = container_id(wanted.node, endpoint);
        view.attachments[id] = {"task", id, network, {prefix(address)}, {}};
    }
    member_config made() const { return add_membership(wanted, view); }

    config::config wanted = file();
    swarm::view view;
};

TEST_F(member, has_networks_as_overlays_and_granted_addresses) {
    wanted.endpoints[0].aliases = {"www"};
    grant(wanted.endpoints[0], "10.0.1.11/24");
    const member_config result = made();
    EXPECT_TRUE(result.waiting.empty());
    EXPECT_TRUE(result.problems.empty());
    ASSERT_EQ(result.config.overlays.size(), 1U);
    const config::overlay& overlay = result.config.overlays[0];
    EXPECT_EQ(overlay.name, "test-net");
    EXPECT_EQ(overlay.id.value(), 4097U);
    EXPECT_EQ(overlay.subnets, std::vector<ip_prefix>{prefix("10.0.1.0/24")});
    EXPECT_EQ(overlay.network_id(), test_net().id);
    EXPECT_FALSE(overlay.encryption);
    ASSERT_EQ(result.config.endpoints.size(), 1U);
    const config::endpoint& web = result.config.endpoints[0];
    EXPECT_EQ(web.addresses, std::vector<ip_prefix>{prefix("10.0.1.11/24")});
    EXPECT_EQ(web.mac.to_string(), "02:42:0a:00:01:0b");
    EXPECT_EQ(web.aliases, (std::vector<std::string>{
                               "www", container_id(wanted.node, wanted.endpoints[0]).substr(0, 12)}));
    EXPECT_EQ(result.mtu_limits, (std::map<std::string, std::uint16_t>{{"test-net", 1450}}));
    EXPECT_TRUE(compute_desired_state(result.config, {}).problems.empty());
}

TEST_F(member, joins_the_gossip_through_the_managers) {
    wanted.swarm->port = 7000;
    wanted.swarm->advertise = ip("192.0.2.99");
    const config::gossip gossip = *made().config.gossip;
    EXPECT_EQ(gossip.seeds, (std::vector<config::seed>{{ip("192.0.2.10"), 7000}, {ip("192.0.2.11"), 7000}}));
    EXPECT_EQ(gossip.port, 7000);
    EXPECT_EQ(gossip.advertise, ip("192.0.2.99"));
}

TEST_F(member, says_why_an_endpoint_waits) {
    const auto reason = [&] {
        const member_config result = made();
        EXPECT_TRUE(result.config.endpoints.empty());
        EXPECT_EQ(compute_desired_state(result.config, {}).state.neighbours.size(), 0U);
        return result.waiting.at("web");
    };
    EXPECT_EQ(reason(), "waits until the managers of the Docker swarm grant an address on network test-net");
    view.phase = swarm::phase::outside;
    EXPECT_EQ(reason(), "waits until this host is a member of the Docker swarm; `waggle join` makes it one");
    view.phase = swarm::phase::joining;
    EXPECT_EQ(reason(), "waits until this host has its certificate of the Docker swarm");
    view.phase = swarm::phase::disconnected;
    EXPECT_EQ(reason(), "waits for a manager of the Docker swarm, as none is reached; see `waggle node`");
    view.phase = swarm::phase::expelled;
    EXPECT_EQ(reason(), "waits until this host is a member of the Docker swarm again; see `waggle node`");
    view.refused[container_id(wanted.node, wanted.endpoints[0])] = "there is no network test-net";
    EXPECT_EQ(reason(), "there is no network test-net");
    grant(wanted.endpoints[0], "10.0.9.11/24");
    EXPECT_EQ(reason(),
              "was granted 10.0.9.11/24, which is in no subnet of network test-net that this host can carry");
    view.networks.clear();
    EXPECT_EQ(reason(), "waits until the managers of the Docker swarm describe network test-net");
}

TEST_F(member, keeps_what_was_granted_while_no_manager_is_reached) {
    grant(wanted.endpoints[0], "10.0.1.11/24");
    const config::config before = made().config;
    view.phase = swarm::phase::disconnected;
    EXPECT_EQ(made().config, before);
}

TEST_F(member, has_an_overlay_for_each_subnet_of_a_network) {
    swarm::network& network = view.networks.begin()->second;
    network.subnets.push_back({prefix("10.0.2.0/24"), *vni::from(4098), std::nullopt});
    network.subnets_v6 = {prefix("fd00::/64")};
    wanted.endpoints.push_back(on("db", network.id.c_str()));
    grant(wanted.endpoints[0], "10.0.1.11/24");
    grant(wanted.endpoints[1], "10.0.2.12/24");
    const member_config result = made();
    ASSERT_EQ(result.config.overlays.size(), 2U);
    EXPECT_EQ(result.config.overlays[0].name, "test-net.4097");
    EXPECT_EQ(result.config.overlays[0].subnets,
              (std::vector<ip_prefix>{prefix("10.0.1.0/24"), prefix("fd00::/64")}));
    EXPECT_EQ(result.config.overlays[1].name, "test-net.4098");
    EXPECT_EQ(result.config.overlays[1].network_id(), network.id);
    EXPECT_EQ(result.config.endpoints[0].overlay, "test-net.4097");
    EXPECT_EQ(result.config.endpoints[1].overlay, "test-net.4098");
    // One network of the gossip, with both.
    const auto told = wanted_publication(told_to_swarm(result), {}, {}, {});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.at(network.id).endpoints.size(), 2U);
}

TEST_F(member, keeps_networks_with_the_same_subnet_apart) {
    swarm::network other = test_net();
    other.id = "netbbbbbbbbbbbbbbbbbbbbbb";
    other.name = "other-net";
    other.subnets[0].id = *vni::from(4098);
    view.networks.emplace(other.id, other);
    wanted.endpoints.push_back(on("db", "other-net"));
    grant(wanted.endpoints[0], "10.0.1.11/24");
    grant(wanted.endpoints[1], "10.0.1.11/24", other.id);
    const api::state state = compute_desired_state(made().config, {}).state;
    EXPECT_EQ(state.overlays.size(), 2U);
    EXPECT_EQ(state.neighbours.size(), 2U);
    EXPECT_TRUE(state.neighbours.contains({*vni::from(4097), ip("10.0.1.11")}));
    EXPECT_TRUE(state.neighbours.contains({*vni::from(4098), ip("10.0.1.11")}));
}

TEST_F(member, lets_the_file_go_first) {
    config::overlay blue;
    blue.name = "test-net";
    blue.id = *vni::from(4097);
    blue.subnets = {prefix("10.9.0.0/24")};
    wanted.overlays = {blue};
    config::endpoint of_file = on("db", "test-net");
    of_file.addresses = {prefix("10.9.0.2/24")};
    config::peer beta{"beta", ip("192.0.2.2"), std::nullopt, std::nullopt};
    wanted.peers = {beta};
    wanted.endpoints = {of_file, on("web", test_net().id.c_str())};
    grant(wanted.endpoints[1], "10.0.1.11/24");
    member_config result = made();
    EXPECT_EQ(
        result.problems,
        std::vector<std::string>{"network test-net of the Docker swarm has VNI 4097, which an overlay of the "
                                 "configuration file has; give that another VNI and reload"});
    EXPECT_EQ(result.waiting.at("web"),
              "was granted 10.0.1.11/24, which is in no subnet of network "
              "netaaaaaaaaaaaaaaaaaaaaaa that this host can carry");
    EXPECT_EQ(result.config.endpoints, std::vector<config::endpoint>{of_file});
    wanted.overlays[0].id = *vni::from(77);
    result = made();
    EXPECT_TRUE(result.problems.empty());
    ASSERT_EQ(result.config.overlays.size(), 2U);
    EXPECT_EQ(result.config.overlays[1].name, "test-net.4097");
    EXPECT_EQ(result.config.endpoints[1].overlay, "test-net.4097");
    EXPECT_EQ(result.config.peers[0].overlays, std::vector<std::string>{"test-net"});
    // The gossip of the swarm is not told of the file's overlays.
    const config::config told = told_to_swarm(result);
    ASSERT_EQ(told.endpoints.size(), 1U);
    EXPECT_EQ(told.endpoints[0].name, "web");
    EXPECT_EQ(wanted_attachments(wanted).size(), 1U);
}

TEST_F(member, limits_the_mtu) {
    swarm::network& network = view.networks.begin()->second;
    grant(wanted.endpoints[0], "10.0.1.11/24");
    host_facts facts;
    wanted.node.underlay = {{"wan", config::packet_underlay{"eth0"}}};
    const auto mtu = [&](std::uint16_t underlay) {
        facts.underlay_mtus["wan"] = underlay;
        member_config result = made();
        limit_mtus(result.config, result.mtu_limits, facts);
        return *result.config.overlays.at(0).mtu;
    };
    EXPECT_EQ(mtu(1500), 1450);
    EXPECT_EQ(mtu(9000), 1450);
    EXPECT_EQ(mtu(1400), 1350);
    network.mtu = 9000;
    EXPECT_EQ(mtu(9000), 8950);
    EXPECT_EQ(mtu(1500), 1450);
    network.mtu = 60;
    EXPECT_EQ(mtu(1500), 68);
    network.mtu.reset();
    network.encrypted = true;
    EXPECT_EQ(mtu(1500), 1424);
    EXPECT_EQ(mtu(9000), 1424);
    EXPECT_EQ(mtu(1400), 1324);
}

TEST_F(member, has_the_docker_profile_on_encrypted_networks) {
    view.networks.begin()->second.encrypted = true;
    grant(wanted.endpoints[0], "10.0.1.11/24");
    EXPECT_EQ(made().problems,
              std::vector<std::string>{
                  "network test-net of the Docker swarm is encrypted, and nothing is sent on it, "
                  "as the managers gave 0 usable keys in place of three"});
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const std::vector<std::uint8_t> bytes(16, static_cast<std::uint8_t>(i));
        view.ipsec_keys.push_back({0x1'0000'0000U + i, *secret::from(bytes)});
    }
    const member_config result = made();
    EXPECT_TRUE(result.problems.empty());
    EXPECT_TRUE(std::holds_alternative<config::docker_profile>(*result.config.overlays[0].encryption));
    const auto ring = docker_keys_of(view);
    ASSERT_TRUE(ring);
    EXPECT_EQ(ring->sending().tag, 2U);
    EXPECT_EQ(ring->sending().key, view.ipsec_keys[1].key);
    view.ipsec_keys[0].key = *secret::from(std::vector<std::uint8_t>(15));
    EXPECT_FALSE(docker_keys_of(view));
}

TEST_F(member, prefers_the_waggle_profile_where_the_file_permits_it) {
    view.networks.begin()->second.encrypted = true;
    view.ipsec_keys = {{1, *secret::from(std::vector<std::uint8_t>(16, 1))},
                       {2, *secret::from(std::vector<std::uint8_t>(16, 2))},
                       {3, *secret::from(std::vector<std::uint8_t>(16, 3))}};
    grant(wanted.endpoints[0], "10.0.1.5/24");
    EXPECT_FALSE(made().config.overlays.at(0).preferred);
    config::waggle_profile profile;
    profile.secret = "/s";
    wanted.swarm->encryption = {{"other-net", {}}, {"test-net", profile}};
    member_config with = made();
    EXPECT_EQ(with.config.overlays.at(0).preferred, profile);
    EXPECT_TRUE(with.problems.empty());
    // All hosts' packets have to fit, whatever they are sealed with.
    limit_mtus(with.config, with.mtu_limits, {});
    EXPECT_EQ(with.config.overlays[0].mtu, 1416);

    view.networks.begin()->second.subnets.push_back({prefix("10.0.2.0/24"), *vni::from(4098), std::nullopt});
    EXPECT_FALSE(made().config.overlays.at(0).preferred);
    EXPECT_EQ(made().problems, std::vector<std::string>{
                                   "network test-net of the Docker swarm has several IPv4 subnets, so that "
                                   "the waggle profile is not used on it; remove it from swarm.encryption "
                                   "and reload"});
    view.networks.begin()->second.encrypted = false;
    EXPECT_EQ(
        made().problems,
        std::vector<std::string>{
            "network test-net of the Docker swarm is not encrypted, so that swarm.encryption means nothing "
            "for it; remove it from swarm.encryption and reload"});
}

TEST_F(member, the_swarms_port_is_the_nodes) {
    wanted.node.udp_port = 8472;
    EXPECT_EQ(made().config.node.udp_port, 8472);
    view.vxlan_port = 4790;
    EXPECT_EQ(made().config.node.udp_port, 4790);
    EXPECT_EQ(compute_desired_state(made().config, {}).state.udp_port, 4790);
}

TEST_F(member, asks_for_attachments_that_stay_the_same) {
    config::endpoint wish = on("db", "other-net");
    wish.addresses = {prefix("10.0.1.5/32")};
    wish.aliases = {"sql"};
    config::endpoint elsewhere = on("far", "test-net");
    elsewhere.host = "beta";
    wanted.endpoints.push_back(wish);
    wanted.endpoints.push_back(elsewhere);
    const auto all = wanted_attachments(wanted);
    ASSERT_EQ(all.size(), 2U);
    const auto web = all.at(container_id(wanted.node, wanted.endpoints[0]));
    EXPECT_EQ(web.target, "test-net");
    EXPECT_TRUE(web.addresses.empty());
    const auto db = all.at(container_id(wanted.node, wish));
    EXPECT_EQ(db.addresses, std::vector<ip_address>{ip("10.0.1.5")});
    EXPECT_EQ(db.aliases, std::vector<std::string>{"sql"});
    EXPECT_EQ(container_id(wanted.node, on("web", "test-net")),
              "74aa84c27e6d46ceae6a597875dc28b81959246ac0f8250d7fca9791581b3afd");
    config::node other = wanted.node;
    other.name = "beta";
    EXPECT_NE(container_id(other, wish), container_id(wanted.node, wish));
}

TEST(manager_address, host) {
    EXPECT_EQ(host_of("192.0.2.1:2377"), ip("192.0.2.1"));
    EXPECT_EQ(host_of("[2001:db8::1]:2377"), ip("2001:db8::1"));
    EXPECT_EQ(host_of("manager:2377"), std::nullopt);
    EXPECT_EQ(host_of(""), std::nullopt);
}

}  // namespace
}  // namespace waggle::control
