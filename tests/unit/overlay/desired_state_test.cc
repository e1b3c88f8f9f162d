#include "control/overlay/desired_state.hh"

#include <gtest/gtest.h>

#include "control/overlay/access_ports.hh"
#include "dataplane/api/validate.hh"
#include "tests/unit/overlay/samples.hh"

namespace waggle::control {
namespace {

mac_address mac(const char* text) {
    return *mac_address::parse(text);
}

TEST(desired_state, remote_endpoint_is_behind_the_chosen_vtep) {
    config::config config = small_config();
    config.endpoints = {endpoint_on("beta", "cache", "10.1.0.9/24")};
    desired_state desired = compute_desired_state(config, small_facts());
    const api::state& state = desired.state;
    EXPECT_EQ(desired.problems, std::vector<std::string>{});
    EXPECT_EQ(state.overlays.at(id(4097)), (api::overlay{"blue", 1450, false}));
    EXPECT_EQ(state.forwarding.at({id(4097), mac("02:42:0a:01:00:09")}),
              api::forwarding_target(ip("192.0.2.2")));
    EXPECT_EQ(state.neighbours.at({id(4097), ip("10.1.0.9")}), mac("02:42:0a:01:00:09"));
    EXPECT_TRUE(state.ports.empty());
    EXPECT_TRUE(desired.links.empty());
}

api::association sample_association(api::encryption profile) {
    api::association made;
    made.profile = profile;
    const bool waggle = profile == api::encryption::waggle;
    made.cipher = waggle ? api::cipher::aes256gcm : api::cipher::aes128gcm;
    made.icv_length = waggle ? 16 : 8;
    made.extended_sequence = waggle;
    if (waggle) made.overlay = id(4097);
    if (waggle) made.lane = 0;
    made.keying_material = *secret::from(std::vector<std::uint8_t>(waggle ? 36 : 20, 7));
    return made;
}

TEST(desired_state, overlays_carry_their_profile) {
    config::config config = small_config();
    config.overlays.push_back(
        {"red", id(5), {prefix("10.2.0.0/24")}, std::nullopt, false, config::docker_profile{}});
    config.overlays.push_back(
        {"green", id(6), {prefix("10.3.0.0/24")}, std::nullopt, false, config::waggle_profile{}});
    const api::state state = compute_desired_state(config, small_facts()).state;
    EXPECT_EQ(state.overlays.at(id(4097)).encryption, api::encryption::none);
    EXPECT_EQ(state.overlays.at(id(5)).encryption, api::encryption::docker);
    EXPECT_EQ(state.overlays.at(id(6)).encryption, api::encryption::waggle);
    EXPECT_TRUE(api::check(state).ok());
}

TEST(desired_state, associations_are_of_vteps_and_members_that_exist) {
    config::config config = small_config();
    config.overlays[0].encryption = config::waggle_profile{};
    host_facts facts = small_facts();
    const api::association_key of_docker{api::direction::inbound, ip("192.0.2.2"), 1000};
    const api::association_key of_waggle{api::direction::outbound, ip("192.0.2.2"), 1001};
    facts.associations.emplace(of_docker, sample_association(api::encryption::docker));
    facts.associations.emplace(of_waggle, sample_association(api::encryption::waggle));
    facts.associations.emplace(api::association_key{api::direction::inbound, ip("192.0.2.99"), 1002},
                               sample_association(api::encryption::docker));
    api::state state = compute_desired_state(config, facts).state;
    EXPECT_EQ(state.associations.size(), 2U);
    EXPECT_TRUE(state.associations.contains(of_docker));
    EXPECT_TRUE(state.associations.contains(of_waggle));
    const auto checked = api::check(state);
    EXPECT_TRUE(checked.ok()) << checked.failure().message;

    // The peer leaves the overlay, and stays on another one.
    config.overlays.push_back({"red", id(5), {prefix("10.2.0.0/24")}, std::nullopt, false});
    config.peers[0].overlays = {{"red"}};
    state = compute_desired_state(config, facts).state;
    EXPECT_EQ(state.associations.size(), 1U);
    EXPECT_TRUE(state.associations.contains(of_docker));
}

TEST(desired_state, both_addresses_of_a_peer_may_send_but_only_the_chosen_one_is_sent_to) {
    host_facts facts = small_facts();
    facts.next_hops[ip("2001:db8::2")] = facts.next_hops[ip("192.0.2.2")];
    api::state state = compute_desired_state(small_config(), facts).state;
    EXPECT_TRUE(state.members.contains({id(4097), ip("192.0.2.2")}));
    EXPECT_TRUE(state.members.contains({id(4097), ip("2001:db8::2")}));
    EXPECT_EQ(state.vteps.at(ip("192.0.2.2")).hop, facts.next_hops[ip("192.0.2.2")]);
    EXPECT_EQ(state.vteps.at(ip("2001:db8::2")).hop, std::nullopt);
}

TEST(desired_state, a_node_of_one_family_knows_only_addresses_of_it) {
    config::config config = small_config();
    config.node.vtep_v4.reset();
    api::state state = compute_desired_state(config, small_facts()).state;
    EXPECT_EQ(state.vteps.size(), 1U);
    EXPECT_TRUE(state.vteps.contains(ip("2001:db8::2")));
    EXPECT_EQ(state.members.size(), 1U);
}

TEST(desired_state, a_peer_is_a_member_only_where_it_takes_part) {
    config::config config = small_config();
    config.overlays.push_back({"red", id(4098), {}, std::nullopt, true});
    config.peers[0].overlays = {"red"};
    api::state state = compute_desired_state(config, small_facts()).state;
    EXPECT_FALSE(state.members.contains({id(4097), ip("192.0.2.2")}));
    EXPECT_TRUE(state.members.contains({id(4098), ip("192.0.2.2")}));
    EXPECT_TRUE(state.overlays.at(id(4098)).flood);
    config.peers[0].overlays.emplace();
    state = compute_desired_state(config, small_facts()).state;
    EXPECT_TRUE(state.vteps.empty()) << "a VTEP of no overlay is not needed";
}

TEST(desired_state, containers_share_the_overlays_tap) {
    config::config config = small_config();
    config.endpoints = {endpoint_on("alpha", "web", "10.1.0.2/24", container("web")),
                        endpoint_on("alpha", "app", "10.1.0.3/24", container("app"))};
    desired_state desired = compute_desired_state(config, small_facts());
    ASSERT_EQ(desired.state.ports.size(), 1U);
    EXPECT_EQ(desired.state.ports.at("wg4097"),
              (api::access_port{id(4097), 1450, api::tap_port{"wg4097", "/run/netns/waggle-alpha"}}));
    EXPECT_EQ(desired.state.forwarding.at({id(4097), mac("02:42:0a:01:00:02")}),
              api::forwarding_target(std::string("wg4097")));
    ASSERT_EQ(desired.links.size(), 2U);
    EXPECT_EQ(desired.links[0].endpoint, "app") << "sorted";
    const container_link& web = desired.links[1];
    EXPECT_EQ(web.overlay, "blue");
    EXPECT_EQ(web.tap, "wg4097");
    EXPECT_EQ(web.mtu, 1450);
    EXPECT_EQ(web.mac, mac("02:42:0a:01:00:02"));
    EXPECT_EQ(web.addresses, std::vector<ip_prefix>{prefix("10.1.0.2/24")});
    EXPECT_EQ(desired.port_of_endpoint.at("web"), "wg4097");
}

TEST(desired_state, applications_have_ports_of_their_own) {
    config::config config = small_config();
    config.endpoints = {
        endpoint_on("alpha", "vm", "10.1.0.2/24", config::vhost_user_attachment{"/run/vm.sock", 2}),
        endpoint_on("alpha", "app", "10.1.0.3/24", config::memif_attachment{"/run/app.sock", 7}),
        endpoint_on("alpha", "nic", "10.1.0.4/24", config::ethdev_attachment{"0000:03:00.0"})};
    desired_state desired = compute_desired_state(config, small_facts());
    auto device = [&](const char* port) {
        return std::get<api::ethdev_port>(desired.state.ports.at(port).kind).device;
    };
    EXPECT_EQ(desired.state.ports.size(), 3U);
    EXPECT_TRUE(device("vhost-vm").starts_with("net_vhost_"));
    EXPECT_TRUE(device("vhost-vm").ends_with(",iface=/run/vm.sock,queues=2"));
    EXPECT_TRUE(device("memif-app").starts_with("net_memif_"));
    EXPECT_TRUE(device("memif-app").ends_with(",role=server,id=7,socket=/run/app.sock,socket-abstract=no"));
    EXPECT_EQ(device("ethdev-nic"), "0000:03:00.0");
    EXPECT_TRUE(desired.links.empty());
}

TEST(desired_state, device_names_fit_dpdk_and_differ_whatever_the_endpoint_is_called) {
    config::endpoint one = endpoint_on("alpha", std::string(128, 'x') + "1", "10.1.0.2/24",
                                       config::vhost_user_attachment{"/s", 1});
    config::endpoint other = one;
    other.name.back() = '2';
    std::string name = device_arguments(one).substr(0, device_arguments(one).find(','));
    EXPECT_LT(name.size(), 32U);
    EXPECT_NE(name, device_arguments(other).substr(0, device_arguments(other).find(',')));
    EXPECT_EQ(device_arguments(one), device_arguments(one));
    EXPECT_LE(tap_name(id(vni::maximum)).size(), 15U) << "an interface name";
}

TEST(desired_state, problems_name_what_is_left_out) {
    config::config config = small_config();
    config.node.vtep_v6.reset();
    config.peers.push_back({"gamma", std::nullopt, ip("2001:db8::3"), std::nullopt});
    config.peers[0].overlays.emplace();
    config.endpoints = {endpoint_on("gamma", "a", "10.1.0.2/24"), endpoint_on("beta", "b", "10.1.0.3/24"),
                        endpoint_on("alpha", "c", "10.1.0.4/24")};
    config.endpoints.push_back(endpoint_on("beta", "d", "10.1.0.5/24"));
    config.endpoints.back().overlay = "green";
    desired_state desired = compute_desired_state(config, small_facts());
    EXPECT_EQ(
        desired.problems,
        (std::vector<std::string>{
            "endpoint a is on host gamma, which is no reachable peer of overlay blue",
            "endpoint b is on host beta, which is no reachable peer of overlay blue",
            "endpoint c of this host does not say how it is attached",
            "endpoint d is on overlay green, which does not exist",
            "peer gamma has no VTEP address of a family that this node has; give one of them an address "
            "of the other's family"}));
    EXPECT_TRUE(desired.state.forwarding.empty());
    EXPECT_TRUE(desired.state.neighbours.empty());
    EXPECT_TRUE(api::check(desired.state));
}

TEST(desired_state, random_configurations_give_closed_states_in_any_order) {
    std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 500; ++round) {
        config::config config = random_config(random);
        host_facts facts = random_facts(random, config);
        desired_state desired = compute_desired_state(config, facts);
        auto checked = api::check(desired.state);
        ASSERT_TRUE(checked) << checked.failure().message;
        desired_state again = compute_desired_state(shuffled(config, random), facts);
        ASSERT_EQ(desired.state, again.state);
        ASSERT_EQ(desired.links, again.links);
        ASSERT_EQ(desired.port_of_endpoint, again.port_of_endpoint);
        ASSERT_EQ(desired.problems, again.problems);
        for (const container_link& link : desired.links)
            ASSERT_EQ(link.mtu, desired.state.ports.at(link.tap).mtu);
    }
}

}  // namespace
}  // namespace waggle::control
