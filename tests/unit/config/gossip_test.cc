#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

const char* const with_gossip =
    "gossip:\n  seeds: [192.0.2.1, \"192.0.2.2:7000\", \"[2001:db8::1]:7946\"]\n  keys: /etc/waggle/keys\n"
    "overlays:";

config loaded_with(const std::string& find, const std::string& replacement) {
    std::string text = good_file;
    text.replace(text.find("overlays:"), 9, with_gossip);
    if (!find.empty()) text.replace(text.find(find), find.size(), replacement);
    load_result loaded = load_text(text, "f");
    if (auto* problems = std::get_if<std::vector<problem>>(&loaded)) ADD_FAILURE() << to_string(*problems);
    return std::get<config>(loaded);
}

TEST(gossip, is_read) {
    config read = loaded_with("", "");
    ASSERT_TRUE(read.gossip);
    EXPECT_EQ(read.gossip->keys, "/etc/waggle/keys");
    EXPECT_EQ(read.gossip->port, 7946);
    EXPECT_FALSE(read.gossip->advertise);
    EXPECT_EQ(read.gossip->seeds, (std::vector<seed>{{*ip_address::parse("192.0.2.1"), 7946},
                                                     {*ip_address::parse("192.0.2.2"), 7000},
                                                     {*ip_address::parse("2001:db8::1"), 7946}}));
    read = loaded_with("  keys:", "  port: 7000\n  advertise: 192.0.2.9\n  keys:");
    EXPECT_EQ(read.gossip->port, 7000);
    EXPECT_EQ(read.gossip->seeds[0].port, 7000);
    EXPECT_EQ(read.gossip->advertise, ip_address::parse("192.0.2.9"));
}

TEST(gossip, lets_addresses_be_chosen) {
    for (const char* address : {"addresses: auto, ", ""}) {
        config read = loaded_with("addresses: [10.1.0.2], ", address);
        ASSERT_EQ(read.endpoints.size(), 2U);
        EXPECT_TRUE(read.endpoints[0].addresses.empty());
        EXPECT_TRUE(read.endpoints[0].mac.is_zero());
    }
}

TEST(gossip, network_of_an_overlay_is_its_name_or_what_is_given) {
    EXPECT_EQ(loaded_with("", "").overlays[0].network_id(), "blue");
    EXPECT_EQ(loaded_with("name: blue", "name: blue, network: abc123").overlays[0].network_id(), "abc123");
}

TEST(gossip, has_at_most_64_seeds) {
    std::string seeds;
    for (int i = 1; i <= 65; ++i) seeds += (i == 1 ? "192.0.2." : ", 192.0.2.") + std::to_string(i);
    EXPECT_EQ(problems_of(edited("overlays:", "gossip: {keys: /k, seeds: [" + seeds + "]}\noverlays:")),
              "f:5:27: gossip.seeds: has 65 hosts; allowed: up to 64");
}

class gossip_problem : public testing::TestWithParam<edit_case> {};

TEST_P(gossip_problem, is_reported) {
    check(GetParam());
}

const std::vector<edit_case> cases{
    {"empty",
     "overlays:",
     "gossip: {}\noverlays:",
     {"5:9: gossip.seeds: is missing; allowed: a list of up to 64 hosts such as [192.0.2.1, "
      "\"192.0.2.2:7946\", \"[2001:db8::1]:7946\"]",
      "5:9: gossip.keys: is missing; allowed: the path of the file with the gossip keys"}},
    {"bad_seeds",
     "overlays:",
     "gossip: {keys: /k, seeds: [host, \"1.2.3.4:0\", \"1.2.3.4:65536\", \"::1:7946:\", "
     "224.0.0.1]}\noverlays:",
     {"5:28: gossip.seeds[0]: is 'host'; allowed: an IP address, with or without a port",
      "5:34: gossip.seeds[1]: is the quoted text '1.2.3.4:0'; allowed: an IP address, with or without a port",
      "5:47: gossip.seeds[2]: is the quoted text '1.2.3.4:65536'; allowed: an IP address, with or without a "
      "port",
      "5:64: gossip.seeds[3]: is the quoted text '::1:7946:'; allowed: an IP address, with or without a port",
      "5:77: gossip.seeds[4]: is '224.0.0.1'; allowed: an IP address, with or without a port"}},
    {"bad_advertise",
     "overlays:",
     "gossip: {keys: /k, seeds: [], advertise: 127.0.0.1}\noverlays:",
     {"5:42: gossip.advertise: is '127.0.0.1'; allowed: an address of this host that all others reach"}},
    {"auto_without_gossip",
     "addresses: [10.1.0.2]",
     "addresses: auto",
     {"10:43: endpoints[0].addresses: is auto, but the file has no section 'gossip' to find out which "
      "addresses are free; allowed: a list of one IPv4 address, one IPv6 address, or one of each"}},
    {"auto_elsewhere",
     "overlays:\n  - {name: blue, vni: 100, subnets: [10.1.0.0/24]}\npeers:\n  - {name: beta, vtep: {ipv4: "
     "192.0.2.2}}\nendpoints:\n  - {name: web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: "
     "container, namespace: web}}\n  - {name: db, overlay: blue, addresses: [10.1.0.3]",
     "gossip: {keys: /k, seeds: []}\noverlays:\n  - {name: blue, vni: 100, subnets: [10.1.0.0/24]}\npeers:\n "
     " - "
     "{name: beta, vtep: {ipv4: 192.0.2.2}}\nendpoints:\n  - {name: db, overlay: blue, addresses: auto",
     {"11:54: endpoints[0].host: names another host for an endpoint without addresses; allowed: 'alpha' "
      "(this "
      "node), which chooses one"}},
    {"network_twice",
     "subnets: [10.1.0.0/24]}",
     "subnets: [10.1.0.0/24]}\n  - {name: green, vni: 101, subnets: [10.2.0.0/24], network: blue}",
     {"7:5: overlays[1]: network 'blue' is already used by overlay 'blue' (line 6); allowed: a network of "
      "its "
      "own for each overlay"}},
};

INSTANTIATE_TEST_SUITE_P(cases, gossip_problem, testing::ValuesIn(cases), name_of_case);

}  // namespace
}  // namespace waggle::config
