#include "config/difference.hh"
#include "config/endpoint_checker.hh"
#include "config/write.hh"
#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

const std::string with_swarm =
    "swarm: {managers: [192.0.2.1, \"192.0.2.2:4000\", \"[2001:db8::1]:2377\"], token: /etc/waggle/token}\n"
    "overlays:";

config loaded(const std::string& text) {
    load_result result = load_text(text, "f");
    if (auto* problems = std::get_if<std::vector<problem>>(&result)) ADD_FAILURE() << to_string(*problems);
    return std::get<config>(result);
}

/// The good file in a swarm, with the endpoint 'web' as given.
std::string web_in_swarm(const std::string& keys) {
    std::string text = edited("overlays:", with_swarm);
    const std::string web = "name: web, overlay: blue, addresses: [10.1.0.2]";
    return text.replace(text.find(web), web.size(), "name: web, " + keys);
}

TEST(swarm, is_read) {
    config read = loaded(edited("overlays:", with_swarm));
    ASSERT_TRUE(read.swarm);
    EXPECT_EQ(read.swarm->managers, (std::vector<seed>{{*ip_address::parse("192.0.2.1"), 2377},
                                                       {*ip_address::parse("192.0.2.2"), 4000},
                                                       {*ip_address::parse("2001:db8::1"), 2377}}));
    EXPECT_EQ(read.swarm->token, "/etc/waggle/token");
    EXPECT_EQ(read.swarm->port, 7946);
    EXPECT_FALSE(read.swarm->advertise);
    read = loaded(edited("overlays:", "swarm: {advertise: 192.0.2.9, port: 7000}\noverlays:"));
    EXPECT_TRUE(read.swarm->managers.empty());
    EXPECT_EQ(read.swarm->token, "");
    EXPECT_EQ(read.swarm->port, 7000);
    EXPECT_EQ(read.swarm->advertise, ip_address::parse("192.0.2.9"));
    EXPECT_TRUE(loaded(edited("overlays:", "swarm: {}\noverlays:")).swarm);
}

TEST(swarm, encryption_of_networks_is_read_and_changes_live) {
    const config without = loaded(edited("overlays:", "swarm: {}\noverlays:"));
    const config with = loaded(edited(
        "overlays:",
        "swarm: {encryption: [{network: test-net, secret: /s}, {network: other, secret: /o, rekey: 60}]}\n"
        "overlays:"));
    ASSERT_EQ(with.swarm->encryption.size(), 2U);
    EXPECT_EQ(with.swarm->encryption[0],
              (network_encryption{"test-net", {"/s", aead::aes256gcm, 3600, 4096}}));
    EXPECT_EQ(with.swarm->encryption[1].profile.rekey_seconds, 60U);
    EXPECT_EQ(
        to_string(compare(without, with)),
        "+ encryption of network 'other': encryption waggle, secret /o, aes256gcm, rekey 60, replay "
        "window 4096\n"
        "+ encryption of network 'test-net': encryption waggle, secret /s, aes256gcm, rekey 3600, replay "
        "window 4096\n");
    config kept = with;
    keep_until_restart(without, kept);
    EXPECT_EQ(kept.swarm, with.swarm);
}

TEST(swarm, has_networks_that_the_file_does_not_know) {
    for (const char* addresses : {"", ", addresses: auto"}) {
        const config read = loaded(web_in_swarm("overlay: test-net" + std::string(addresses)));
        ASSERT_EQ(read.endpoints.size(), 2U);
        EXPECT_EQ(read.endpoints[0].overlay, "test-net");
        EXPECT_TRUE(read.endpoints[0].addresses.empty());
        EXPECT_TRUE(read.endpoints[0].mac.is_zero());
    }
    const config read =
        loaded(web_in_swarm("overlay: test-net, addresses: [10.9.0.7/24], aliases: [www, w3]"));
    EXPECT_EQ(read.endpoints[0].addresses, std::vector<ip_prefix>{*ip_prefix::parse("10.9.0.7/32")});
    EXPECT_EQ(read.endpoints[0].mac, *mac_address::parse("02:42:0a:09:00:07"));
    EXPECT_EQ(read.endpoints[0].aliases, (std::vector<std::string>{"www", "w3"}));
    // The gateway is checked when the subnet is known.
    const std::string routed =
        "overlay: test-net, addresses: [10.9.0.7], attachment: {kind: container, "
        "namespace: w, routes: [{to: 0.0.0.0/0, via: 10.9.0.1}]}, aliases: []";
    std::string text = web_in_swarm(routed);
    const std::string rest = ", attachment: {kind: container, namespace: web}";
    EXPECT_EQ(problems_of(text.replace(text.find(rest), rest.size(), "")), "");
}

TEST(swarm, endpoints_survive_writing_and_loading) {
    for (const char* keys :
         {"overlay: test-net, aliases: [www, w3]", "overlay: test-net, addresses: [10.9.0.7]"}) {
        config full = loaded(web_in_swarm(keys));
        config bare = full;
        bare.endpoints.clear();
        const endpoint_checker checker(bare);
        for (const endpoint& each : full.endpoints) {
            const auto again = checker.check(write_endpoint(each), "written");
            ASSERT_TRUE(std::holds_alternative<endpoint>(again)) << to_string(std::get<1>(again));
            EXPECT_EQ(std::get<endpoint>(again), each);
        }
    }
}

TEST(swarm, change_takes_a_restart) {
    const config without = loaded(good_file);
    const config with = loaded(edited("overlays:", with_swarm));
    EXPECT_EQ(
        to_string(compare(without, with)),
        "~ node: swarm no -> yes (takes a restart)\n"
        "~ node: swarm.managers - -> 192.0.2.1:2377, 192.0.2.2:4000, [2001:db8::1]:2377 (takes a restart)\n"
        "~ node: swarm.token - -> /etc/waggle/token (takes a restart)\n"
        "~ node: swarm.port - -> 7946 (takes a restart)\n");
    EXPECT_EQ(to_string(compare(loaded(web_in_swarm("overlay: test-net, aliases: [www]")),
                                loaded(web_in_swarm("overlay: test-net")))),
              "~ endpoint 'web': aliases www -> -\n");
}

class swarm_problem : public testing::TestWithParam<edit_case> {};

TEST_P(swarm_problem, is_reported) {
    check(GetParam());
}

const std::vector<edit_case> cases{
    {"with_gossip",
     "overlays:",
     "gossip: {seeds: [], keys: /k}\nswarm: {}\noverlays:",
     {"6:8: swarm: can't be combined with the section 'gossip', as the managers hand out keys and networks; "
      "allowed: one of the two"}},
    {"with_docker_keys",
     "overlays:",
     "  docker_encryption: {keys: /k}\nswarm: {}\noverlays:",
     {"6:8: swarm: can't be combined with node.docker_encryption, as the managers hand out the keys; "
      "allowed: "
      "one of the two"}},
    {"token_alone",
     "overlays:",
     "swarm: {token: /t}\noverlays:",
     {"5:8: swarm.managers: is missing; allowed: a list of 1 to 64 managers such as [192.0.2.1, "
      "\"192.0.2.2:2377\"]"}},
    {"managers_alone",
     "overlays:",
     "swarm: {managers: [192.0.2.1]}\noverlays:",
     {"5:8: swarm.token: is missing; allowed: the path of the file with the join token"}},
    {"encryption_of_no_network",
     "overlays:",
     "swarm: {encryption: [{secret: /s}, {network: a}]}\noverlays:",
     {"5:22: swarm.encryption[0].network: is missing; allowed: the name of a network of the Docker swarm",
      "5:36: swarm.encryption[1].secret: is missing; allowed: the path of a file with the overlay's secret"}},
    {"encryption_that_is_no_list",
     "overlays:",
     "swarm: {encryption: {network: a, secret: /s}}\noverlays:",
     {"5:21: swarm.encryption: is a map; allowed: a list of entries such as {network: test-net, secret: "
      "/etc/waggle/test-net.secret}"}},
    {"encryption_of_a_network_twice",
     "overlays:",
     "swarm: {encryption: [{network: a, secret: /s}, {network: a, secret: /t}]}\noverlays:",
     {"5:48: swarm.encryption[1]: 'a' is already used by another entry (line 5); allowed: each network "
      "once"}},
    {"no_managers",
     "overlays:",
     "swarm: {managers: [], token: /t}\noverlays:",
     {"5:19: swarm.managers: is a list; allowed: a list of 1 to 64 managers such as [192.0.2.1, "
      "\"192.0.2.2:2377\"]"}},
    {"bad_values",
     "overlays:",
     "swarm: {managers: [host], token: t, advertise: 127.0.0.1, port: 0, tokn: x}\noverlays:",
     {"5:20: swarm.managers[0]: is 'host'; allowed: an IP address, with or without a port",
      "5:34: swarm.token: is 't'; allowed: an absolute path (/...) without '..', at most 4095 bytes",
      "5:48: swarm.advertise: is '127.0.0.1'; allowed: an address of this host that all others reach",
      "5:65: swarm.port: is '0'; allowed: a decimal number from 1 to 65535",
      "5:68: swarm.tokn: is not a key that exists here (did you mean 'token'?); allowed: managers, token, "
      "advertise, port, encryption"}},
    {"token_itself",
     "overlays:",
     "swarm: {managers: [192.0.2.1], token: SWMTKN-1-secret}\noverlays:",
     {"5:39: swarm.token: is not the path of a file; allowed: the path of the file with the join token, "
      "which "
      "itself does not belong here"}},
    {"aliases_without_anybody",
     "addresses: [10.1.0.2]",
     "addresses: [10.1.0.2], aliases: [w]",
     {"10:64: endpoints[0].aliases: is given, but there is nobody to tell; allowed: with a section 'gossip' "
      "or "
      "'swarm'"}},
};

INSTANTIATE_TEST_SUITE_P(config, swarm_problem, testing::ValuesIn(cases), name_of_case);

TEST(swarm, endpoint_problems) {
    EXPECT_EQ(
        problems_of(web_in_swarm("overlay: \"a b\"")),
        "f:11:26: endpoints[0].overlay: is the quoted text 'a b'; allowed: 1 to 128 letters, digits, '.', "
        "'_' and '-', the first a letter or digit");
    EXPECT_EQ(
        problems_of(web_in_swarm("overlay: test-net, aliases: [web, w, w, \"-\"]")),
        "f:11:46: endpoints[0].aliases[0]: is 'web', which the endpoint is called already; allowed: another "
        "name\n"
        "f:11:54: endpoints[0].aliases[2]: is 'w', which the endpoint is called already; allowed: another "
        "name\n"
        "f:11:57: endpoints[0].aliases[3]: is the quoted text '-'; allowed: 1 to 128 letters, digits, '.', "
        "'_' and '-', the first a letter or digit");
    std::string many = "overlay: test-net, aliases: [a0";
    for (int i = 1; i < 33; ++i) many += ", a" + std::to_string(i);
    EXPECT_EQ(problems_of(web_in_swarm(many + "]")),
              "f:11:45: endpoints[0].aliases: is a list; allowed: a list of up to 32 names");
    // An overlay of the file stays one.
    EXPECT_EQ(
        problems_of(web_in_swarm("overlay: blue")),
        "f:11:5: endpoints[0].addresses: is missing; allowed: a list of one IPv4 address, one IPv6 address, "
        "or one of each");
    std::string text = edited("overlays:", with_swarm);
    const std::string db = "overlay: blue, addresses: [10.1.0.3], host: beta";
    EXPECT_EQ(
        problems_of(text.replace(text.find(db), db.size(), "overlay: test-net, host: beta")),
        "f:12:41: endpoints[1].host: names another host for an endpoint on a network of the swarm, which the "
        "managers tell of; allowed: 'alpha' (this node)");
}

}  // namespace
}  // namespace waggle::config
