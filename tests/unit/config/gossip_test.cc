#include "config/schema/gossip.hh"

#include "config/difference.hh"
#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

std::string with_gossip(const std::string& section) {
    return edited("overlays:", "gossip: " + section + "\noverlays:");
}

gossip good(const std::string& section) {
    const load_result loaded = load_text(with_gossip(section), "f");
    if (const auto* problems = std::get_if<std::vector<problem>>(&loaded)) {
        ADD_FAILURE() << to_string(*problems);
        return {};
    }
    return *std::get<config>(loaded).gossip;
}

TEST(gossip, defaults_come_from_the_node) {
    const gossip how = good("{keys: /etc/waggle/gossip.keys}");
    EXPECT_EQ(how.keys, "/etc/waggle/gossip.keys");
    EXPECT_EQ(how.port, 7946);
    EXPECT_EQ(how.advertise, *ip_address::parse("192.0.2.1"));
    EXPECT_TRUE(how.seeds.empty());
    EXPECT_FALSE(std::get<config>(load_text(good_file, "f")).gossip.has_value());
}

TEST(gossip, everything_can_be_given) {
    const gossip how = good(
        "{keys: /k, port: 7000, advertise: \"2001:db8::1\", seeds: [192.0.2.2, \"192.0.2.3:1\", "
        "\"2001:db8::2\", \"[2001:db8::3]:65535\"]}");
    const auto ip = [](const char* text) { return *ip_address::parse(text); };
    EXPECT_EQ(how, (gossip{{{ip("192.0.2.2"), 7000},
                            {ip("192.0.2.3"), 1},
                            {ip("2001:db8::2"), 7000},
                            {ip("2001:db8::3"), 65535}},
                           "/k",
                           ip("2001:db8::1"),
                           7000}));
}

TEST(gossip, problems_are_reported) {
    struct {
        const char* section;
        const char* expected;
    } const cases[] = {
        {"{}", "gossip.keys: is missing; allowed: the path of a file with the gossip keys"},
        {"{keys: k}", "gossip.keys: is 'k'"},
        {"{keys: /k, port: 0}", "gossip.port: is '0'; allowed: a decimal number from 1 to 65535"},
        {"{keys: /k, advertise: 224.0.0.1}", "gossip.advertise: is '224.0.0.1'; allowed: an IPv4 or IPv6"},
        {"{keys: /k, advertise: here}", "gossip.advertise: is 'here'"},
        {"{keys: /k, seeds: 192.0.2.2}", "gossip.seeds: is '192.0.2.2'; allowed: a list of addresses"},
        {"{keys: /k, seeds: [beta]}", "gossip.seeds[0]: is 'beta'; allowed: the address of another host"},
        {"{keys: /k, seeds: [\"192.0.2.2:0\"]}", "gossip.seeds[0]: is the quoted text '192.0.2.2:0'"},
        {"{keys: /k, seeds: [\"192.0.2.2:70000\"]}", "gossip.seeds[0]: is the quoted text '192.0.2.2:70000'"},
        {"{keys: /k, seeds: [\"[2001:db8::1]\"]}", "gossip.seeds[0]: is the quoted text '[2001:db8::1]'"},
        {"{keys: /k, seeds: [\"0.0.0.0\"]}", "gossip.seeds[0]: is the quoted text '0.0.0.0'"},
        {"{keys: /k, seeds: [192.0.2.2, \"192.0.2.2:7946\"]}", "gossip.seeds[1]: is given twice"},
        {"{keys: /k, seed: [192.0.2.2]}", "gossip.seed: is not a key that exists here"},
    };
    for (const auto& one : cases)
        EXPECT_NE(problems_of(with_gossip(one.section)).find(one.expected), std::string::npos)
            << one.section << " gives " << problems_of(with_gossip(one.section));
    std::string many = "{keys: /k, seeds: [";
    for (int i = 0; i < 65; ++i) many += "192.0.2." + std::to_string(i + 1) + ", ";
    EXPECT_NE(problems_of(with_gossip(many + "]}")).find("has 65 seeds"), std::string::npos);
}

TEST(gossip, seeds_and_keys_change_without_a_restart) {
    const auto file = [](const std::string& section) {
        return std::get<config>(load_text(section.empty() ? good_file : with_gossip(section), "f"));
    };
    const config before = file("{keys: /k, seeds: [192.0.2.2]}");
    const difference same = compare(before, before);
    EXPECT_TRUE(same.empty());
    const difference lists = compare(before, file("{keys: /l, seeds: [192.0.2.2, 192.0.2.3]}"));
    EXPECT_FALSE(lists.needs_restart());
    EXPECT_EQ(to_string(lists),
              "~ gossip: seeds 192.0.2.2:7946 -> 192.0.2.2:7946, 192.0.2.3:7946\n~ gossip: keys /k -> /l\n");
    const difference port = compare(before, file("{keys: /k, seeds: [\"192.0.2.2:7946\"], port: 1}"));
    EXPECT_TRUE(port.needs_restart());
    EXPECT_EQ(to_string(port), "~ gossip: port 7946 -> 1 (takes a restart)\n");
    EXPECT_TRUE(compare(before, file("")).needs_restart());
}

}  // namespace
}  // namespace waggle::config
