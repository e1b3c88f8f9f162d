#include "config/yaml/map_reader.hh"
#include "config/yaml/text_check.hh"
#include "config/yaml/tree.hh"
#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

using namespace std::string_literals;

struct text_case {
    const char* name;
    std::string text;
    const char* expected;
};
void PrintTo(const text_case& tested, std::ostream* out) {
    *out << tested.name;
}

class yaml_problem : public testing::TestWithParam<text_case> {};

TEST_P(yaml_problem, is_reported) {
    EXPECT_EQ(problems_of(GetParam().text), GetParam().expected);
}

const std::vector<text_case> cases{
    {"empty", "", "f:1:1: is empty; allowed: one YAML document"},
    {"only_comments", "# nothing\n\n", "f:1:1: is empty; allowed: one YAML document"},
    {"only_marker", "---\n", "f:1:1: is empty; allowed: one YAML document"},
    {"only_null", "~\n", "f:1:1: is empty; allowed: one YAML document"},
    {"a_list", "- node\n",
     "f:1:1: is a list; allowed: a map with the keys node, gossip, swarm, overlays, peers, endpoints"},
    {"a_word", "node",
     "f:1:1: is 'node'; allowed: a map with the keys node, gossip, swarm, overlays, peers, endpoints"},
    {"no_node", "peers: []\n", "f:1:1: node: is missing; allowed: this host: {name, vtep, underlay, ...}"},
    {"second_document", "node: {}\n---\nnode: {}\n",
     "f:2:1: starts a second document; allowed: one document in a file"},
    {"unclosed_list", "node:\n  underlay: [a, b\n",
     "f:2:18: is not YAML: ends inside a list, map or quoted text"},
    {"unclosed_quote", "node: \"alpha\n", "f:1:13: is not YAML: ends inside a list, map or quoted text"},
    {"bad_indentation", "node:\n  name: alpha\n vtep: x\n", "f:3:2: is not YAML: end of map not found"},
    {"tab_indentation", "node:\n\tname: alpha\n", "f:2:6: is not YAML: illegal map value"},
    {"unknown_escape", "node: \"\\q\"\n", "f:1:10: is not YAML: unknown escape character: q"},
    {"undefined_alias", "node: *other\n", "f:1:7: is not YAML: the referenced anchor is not defined"},
    {"anchor_and_alias", "node: &a {}\npeers: *a\n",
     "f:1:7: has an anchor (&name); allowed: a value without one\n"
     "f:2:8: is an alias (*name); allowed: the value itself"},
    {"merge_key", "node: &a {}\npeers: {<<: *a}\n",
     "f:1:7: has an anchor (&name); allowed: a value without one\n"
     "f:2:13: is an alias (*name); allowed: the value itself"},
    {"alias_as_key", "a: &a b\n*a : c\n",
     "f:1:4: has an anchor (&name); allowed: a value without one\n"
     "f:2:1: is an alias (*name); allowed: the value itself"},
    {"tag", "node: !!str alpha\n",
     "f:1:7: has the tag 'tag:yaml.org,2002:str'; allowed: a value without a tag"},
    {"key_is_a_list", "? [a]\n: b\n",
     "f:1:3: is an unclosed bracket, or a list or map where a key belongs; allowed: 'key: value'"},
    {"key_is_missing", "{: b}\n", "f:1:2: has no key; allowed: 'key: value'"},
    {"nested_too_deep", std::string(17, '[') + std::string(17, ']'),
     "f:1:17: is nested too deep; allowed: 16 levels"},
    {"nul_byte", "node:\n  na\0me: x\n"s, "f:2:5: has a control character; allowed: printable UTF-8 text"},
    {"latin1_byte", "# caf\xe9\n", "f:1:6: has a byte that is not UTF-8; allowed: printable UTF-8 text"},
    {"utf16", "\xff\xfen\0o\0"s, "f:1:1: has a byte that is not UTF-8; allowed: printable UTF-8 text"},
    {"end_of_file_marker", "a: \x04", "f:1:4: has a control character; allowed: printable UTF-8 text"},
    {"too_large", std::string(largest_file + 1, '#'), "f: is larger than 16 MiB, the most allowed"},
    {"unknown_section",
     "node: {name: a, vtep: {ipv4: 192.0.2.1}, underlay: [{name: w, kind: packet, interface: "
     "e}]}\nendpoint: []\n",
     "f:2:1: endpoint: is not a key that exists here (did you mean 'endpoints'?); allowed: node, gossip, "
     "swarm, "
     "overlays, "
     "peers, endpoints"},
};

INSTANTIATE_TEST_SUITE_P(config, yaml_problem, testing::ValuesIn(cases),
                         [](const auto& tested) { return tested.param.name; });

TEST(yaml, file_that_is_not_there) {
    const load_result loaded = load_file("/nonexistent/waggle.yaml");
    ASSERT_TRUE(std::holds_alternative<std::vector<problem>>(loaded));
    EXPECT_EQ(to_string(std::get<1>(loaded)),
              "/nonexistent/waggle.yaml: cannot be read: No such file or directory");
}

TEST(yaml, folder_in_place_of_a_file) {
    const load_result loaded = load_file("/");
    ASSERT_TRUE(std::holds_alternative<std::vector<problem>>(loaded));
    EXPECT_EQ(to_string(std::get<1>(loaded)), "/: cannot be read: Is a directory");
}

TEST(yaml, too_many_values) {
    std::string text = "[";
    for (std::size_t i = 0; i < most_values; ++i) text += "a,";
    text += "]";
    EXPECT_EQ(problems_of(text), "f:1:2000000: is one value too many; allowed: 1000000 in a file");
}

TEST(yaml, byte_order_mark_and_windows_newlines_are_accepted) {
    std::string text = "\xef\xbb\xbf";
    for (const char c : good_file) text += c == '\n' ? "\r\n" : std::string(1, c);
    EXPECT_EQ(problems_of(text), "");
}

/// The file is closed by its own limits, not by what it costs to list the mistakes.
TEST(yaml, thousands_of_problems_are_cut_short) {
    std::string text = good_file;
    for (int i = 0; i < 3000; ++i) text += "  - {nmae: x}\n";
    const load_result loaded = load_text(text, "f");
    ASSERT_TRUE(std::holds_alternative<std::vector<problem>>(loaded));
    const auto& problems = std::get<std::vector<problem>>(loaded);
    EXPECT_EQ(problems.size(), problem_list::most + 1);
    // Each of them: unknown nmae; name, overlay, addresses, attachment missing.
    EXPECT_EQ(problems.back().message, "has 14000 more problems that are not listed");
}

TEST(yaml, all_problems_are_reported_in_one_go_in_order) {
    EXPECT_EQ(
        problems_of(R"(node:
  name: a b
  vtep: {ipv4: 300.0.2.1}
  underlay: [{name: wan, kind: packet}]
  udp_port: 0
overlays:
  - {name: blue, vni: x, subnets: [10.1.0.1/24]}
endpoints:
  - {name: web, overlay: blue, addresses: [10.9.0.2], mac: zz}
colour: 1
)"),
        "f:2:9: node.name: is 'a b'; allowed: 1 to 128 letters, digits, '.', '_' and '-', the first a letter "
        "or digit\n"
        "f:3:16: node.vtep.ipv4: is '300.0.2.1'; allowed: a unicast IPv4 address, not loopback\n"
        "f:4:14: node.underlay[0].interface: is missing; allowed: the name of a network interface\n"
        "f:5:13: node.udp_port: is '0'; allowed: a decimal number from 1 to 65535\n"
        "f:7:23: overlays[0].vni: is 'x'; allowed: a decimal number from 1 to 16777215\n"
        "f:7:36: overlays[0].subnets[0]: has host bits set in 10.1.0.1/24; allowed: the network address, "
        "10.1.0.0/24\n"
        "f:9:60: endpoints[0].mac: is 'zz'; allowed: a unicast MAC address such as 02:42:0a:01:00:02\n"
        "f:10:1: colour: is not a key that exists here; allowed: node, gossip, swarm, overlays, peers, "
        "endpoints");
}

TEST(yaml, words_that_yaml_1_1_reads_as_booleans_and_numbers_stay_names) {
    const load_result loaded = load_text(R"(node:
  name: on
  vtep: {ipv4: 192.0.2.1}
  underlay: [{name: no, kind: packet, interface: 010}]
overlays:
  - {name: 1e3, vni: 8, subnets: [10.1.0.0/24]}
  - {name: yes, vni: 9, subnets: [10.1.0.0/24]}
peers:
  - {name: off, vtep: {ipv4: 192.0.2.2}, overlays: [yes]}
)",
                                         "f");
    ASSERT_TRUE(std::holds_alternative<config>(loaded)) << to_string(std::get<1>(loaded));
    const config& result = std::get<config>(loaded);
    EXPECT_EQ(result.node.name, "on");
    EXPECT_EQ(result.node.underlay[0].name, "no");
    EXPECT_EQ(std::get<packet_underlay>(result.node.underlay[0].kind).interface, "010");
    EXPECT_EQ(result.overlays[0].name, "1e3");
    EXPECT_EQ(result.peers[0].overlays, std::vector<std::string>{"yes"});
}

TEST(text_check, finds_ill_formed_utf8) {
    for (const std::string& good : {"ascii\t\r\n"s, "\xc3\xa9"s, "\xe2\x82\xac"s, "\xf0\x9f\x90\x9d"s,
                                    "\xed\x9f\xbf"s, "\xf4\x8f\xbf\xbf"s})
        EXPECT_FALSE(find_bad_text(good)) << good;
    // Lone and missing continuation bytes, overlong forms, a surrogate, beyond U+10FFFF, controls.
    for (const std::string& bad :
         {"\x80"s, "\xc3"s, "\xc3("s, "\xc0\xaf"s, "\xe0\x80\xaf"s, "\xf0\x80\x80\xaf"s, "\xed\xa0\x80"s,
          "\xf4\x90\x80\x80"s, "\xff"s, "\x01"s, "\x7f"s, "\xe2\x82"s}) {
        const auto found = find_bad_text("ab" + bad);
        ASSERT_TRUE(found) << testing::PrintToString(bad);
        EXPECT_EQ(found->offset, 2U);
    }
}

TEST(text_check, quotes_on_one_short_line) {
    EXPECT_EQ(quote("a\nb\xc3\xa9"),
              "'a?b?"
              "?'");
    EXPECT_EQ(quote(std::string(60, 'x')).size(), 62U);
    EXPECT_EQ(quote(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
}

TEST(nearest, suggests_only_what_is_near) {
    const std::vector<std::string_view> known{"udp_port", "underlay", "name", "vni", "id"};
    EXPECT_EQ(nearest("udp-port", known), "udp_port");
    EXPECT_EQ(nearest("port_udp", known), std::nullopt);
    EXPECT_EQ(nearest("nmae", known), "name");
    EXPECT_EQ(nearest("vin", known), "vni");
    EXPECT_EQ(nearest("colour", known), std::nullopt);
    EXPECT_EQ(nearest("xy", known), std::nullopt);
    EXPECT_EQ(nearest(std::string(1000, 'n'), known), std::nullopt);
}

}  // namespace
}  // namespace waggle::config
