#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

class overlays_problem : public testing::TestWithParam<edit_case> {};

TEST_P(overlays_problem, is_reported) {
    check(GetParam());
}

const std::vector<edit_case> cases{
    {"not_a_list",
     "  - {name: blue, vni: 100, subnets: [10.1.0.0/24]}",
     "  blue",
     {"6:3: overlays: is 'blue'; allowed: a list of overlays: {name, vni, subnets, mtu, flood, encryption}"}},
    {"entry_not_a_map",
     "- {name: blue, vni: 100, subnets: [10.1.0.0/24]}",
     "- {name: blue, vni: 100, subnets: [10.1.0.0/24]}\n  - red",
     {"7:5: overlays[1]: is 'red'; allowed: a map with the keys name, vni, subnets, mtu, flood, encryption, "
      "network"}},
    {"name_missing", "name: blue, vni", "vni", {"6:5: overlays[0].name: is missing; allowed: a name"}},
    {"name_twice",
     "- {name: blue, vni: 100, subnets: [10.1.0.0/24]}",
     "- {name: blue, vni: 100, subnets: [10.1.0.0/24]}\n  - {name: blue, vni: 101, subnets: [10.2.0.0/24]}",
     {"7:12: overlays[1].name: 'blue' is already used by another overlay (line 6); allowed: a name of its "
      "own for each overlay"}},
    {"unknown_key",
     "vni: 100",
     "vnni: 100, vni: 100",
     {"6:18: overlays[0].vnni: is not a key that exists here (did you mean 'vni'?); allowed: name, vni, "
      "subnets, mtu, flood, encryption, "
      "network"}},
    {"vni_missing",
     "vni: 100, ",
     "",
     {"6:5: overlays[0].vni: is missing; allowed: a number from 1 to 16777215"}},
    {"vni_zero",
     "vni: 100",
     "vni: 0",
     {"6:23: overlays[0].vni: is '0'; allowed: a decimal number from 1 to 16777215"}},
    {"vni_25_bits",
     "vni: 100",
     "vni: 16777216",
     {"6:23: overlays[0].vni: is '16777216'; allowed: a decimal number from 1 to 16777215"}},
    {"vni_twice",
     "- {name: blue, vni: 100, subnets: [10.1.0.0/24]}",
     "- {name: blue, vni: 100, subnets: [10.1.0.0/24]}\n  - {name: red, vni: 100, subnets: [10.1.0.0/24]}",
     {"7:22: overlays[1].vni: VNI 100 is already used by overlay 'blue' (line 6); allowed: a VNI of its own "
      "for each overlay"}},
    {"subnets_missing",
     ", subnets: [10.1.0.0/24]",
     "",
     {"6:5: overlays[0].subnets: is missing; allowed: a list of 1 to 64 subnets such as [10.1.0.0/24, "
      "\"fd00:1::/64\"]"}},
    {"subnets_not_a_list",
     "[10.1.0.0/24]",
     "10.1.0.0/24",
     {"6:37: overlays[0].subnets: is '10.1.0.0/24'; allowed: a list of 1 to 64 subnets such as [10.1.0.0/24, "
      "\"fd00:1::/64\"]"}},
    {"subnets_empty", "[10.1.0.0/24]", "[]", {"6:37: overlays[0].subnets: has 0 subnets; allowed: 1 to 64"}},
    {"subnets_too_many",
     "[10.1.0.0/24]",
     "[10.1.0.0/24, 10.2.0.0/24, 10.3.0.0/24, 10.4.0.0/24, 10.5.0.0/24, 10.6.0.0/24, 10.7.0.0/24, "
     "10.8.0.0/24, 10.9.0.0/24, 10.10.0.0/24, 10.11.0.0/24, 10.12.0.0/24, 10.13.0.0/24, 10.14.0.0/24, "
     "10.15.0.0/24, 10.16.0.0/24, 10.17.0.0/24, 10.18.0.0/24, 10.19.0.0/24, 10.20.0.0/24, 10.21.0.0/24, "
     "10.22.0.0/24, 10.23.0.0/24, 10.24.0.0/24, 10.25.0.0/24, 10.26.0.0/24, 10.27.0.0/24, 10.28.0.0/24, "
     "10.29.0.0/24, 10.30.0.0/24, 10.31.0.0/24, 10.32.0.0/24, 10.33.0.0/24, 10.34.0.0/24, 10.35.0.0/24, "
     "10.36.0.0/24, 10.37.0.0/24, 10.38.0.0/24, 10.39.0.0/24, 10.40.0.0/24, 10.41.0.0/24, 10.42.0.0/24, "
     "10.43.0.0/24, 10.44.0.0/24, 10.45.0.0/24, 10.46.0.0/24, 10.47.0.0/24, 10.48.0.0/24, 10.49.0.0/24, "
     "10.50.0.0/24, 10.51.0.0/24, 10.52.0.0/24, 10.53.0.0/24, 10.54.0.0/24, 10.55.0.0/24, 10.56.0.0/24, "
     "10.57.0.0/24, 10.58.0.0/24, 10.59.0.0/24, 10.60.0.0/24, 10.61.0.0/24, 10.62.0.0/24, 10.63.0.0/24, "
     "10.64.0.0/24, 10.65.0.0/24]",
     {"6:37: overlays[0].subnets: has 65 subnets; allowed: 1 to 64"}},
    {"subnet_without_length",
     "[10.1.0.0/24]",
     "[10.1.0.0]",
     {"6:38: overlays[0].subnets[0]: is '10.1.0.0'; allowed: a unicast subnet such as 10.1.0.0/24 or "
      "fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_length_beyond",
     "[10.1.0.0/24]",
     "[10.1.0.0/33]",
     {"6:38: overlays[0].subnets[0]: is '10.1.0.0/33'; allowed: a unicast subnet such as 10.1.0.0/24 or "
      "fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_length_31",
     "[10.1.0.0/24]",
     "[10.1.0.0/31]",
     {"6:38: overlays[0].subnets[0]: is '10.1.0.0/31'; allowed: a unicast subnet such as 10.1.0.0/24 or "
      "fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_length_7",
     "[10.1.0.0/24]",
     "[10.0.0.0/7]",
     {"6:38: overlays[0].subnets[0]: is '10.0.0.0/7'; allowed: a unicast subnet such as 10.1.0.0/24 or "
      "fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_length_127",
     "[10.1.0.0/24]",
     "[\"fd00::/127\", 10.1.0.0/24]",
     {"6:38: overlays[0].subnets[0]: is the quoted text 'fd00::/127'; allowed: a unicast subnet such as "
      "10.1.0.0/24 or fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_length_with_zero",
     "[10.1.0.0/24]",
     "[10.1.0.0/024]",
     {"6:38: overlays[0].subnets[0]: is '10.1.0.0/024'; allowed: a unicast subnet such as 10.1.0.0/24 or "
      "fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_host_bits",
     "[10.1.0.0/24]",
     "[10.1.0.7/24]",
     {"6:38: overlays[0].subnets[0]: has host bits set in 10.1.0.7/24; allowed: the network address, "
      "10.1.0.0/24"}},
    {"subnet_multicast",
     "[10.1.0.0/24]",
     "[224.1.0.0/16]",
     {"6:38: overlays[0].subnets[0]: is '224.1.0.0/16'; allowed: a unicast subnet such as 10.1.0.0/24 or "
      "fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_loopback",
     "[10.1.0.0/24]",
     "[127.0.0.0/8]",
     {"6:38: overlays[0].subnets[0]: is '127.0.0.0/8'; allowed: a unicast subnet such as 10.1.0.0/24 or "
      "fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_link_local",
     "[10.1.0.0/24]",
     "[\"fe80::/64\"]",
     {"6:38: overlays[0].subnets[0]: is the quoted text 'fe80::/64'; allowed: a unicast subnet such as "
      "10.1.0.0/24 or fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnet_is_map",
     "[10.1.0.0/24]",
     "[{}]",
     {"6:38: overlays[0].subnets[0]: is a map; allowed: a unicast subnet such as 10.1.0.0/24 or fd00:1::/64, "
      "/8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local"}},
    {"subnets_overlap",
     "[10.1.0.0/24]",
     "[10.1.0.0/24, 10.3.0.0/16, 10.1.0.128/25]",
     {"6:64: overlays[0].subnets[2]: overlaps 10.1.0.0/24 of the same overlay (line 6); allowed: subnets "
      "apart"}},
    {"subnets_equal",
     "[10.1.0.0/24]",
     "[\"fd00::/64\", 10.1.0.0/24, \"fd00::/64\"]",
     {"6:64: overlays[0].subnets[2]: overlaps fd00::/64 of the same overlay (line 6); allowed: subnets "
      "apart"}},
    {"mtu_too_small",
     "[10.1.0.0/24]",
     "[10.1.0.0/24], mtu: 575",
     {"6:57: overlays[0].mtu: is '575'; allowed: a decimal number from 576 to 65485 bytes"}},
    {"mtu_too_small_for_ipv6",
     "[10.1.0.0/24]",
     "[10.1.0.0/24, \"fd00::/64\"], mtu: 1279",
     {"6:70: overlays[0].mtu: is '1279'; allowed: a decimal number from 1280 to 65485 bytes (the overlay has "
      "an IPv6 subnet)"}},
    {"mtu_too_large",
     "[10.1.0.0/24]",
     "[10.1.0.0/24], mtu: 65486",
     {"6:57: overlays[0].mtu: is '65486'; allowed: a decimal number from 576 to 65485 bytes"}},
    {"mtu_too_large_for_ipv6_underlay",
     "  vtep: {ipv4: 192.0.2.1}\n  underlay: [{name: wan, kind: packet, interface: eth0}]\noverlays:\n  - "
     "{name: blue, vni: 100, subnets: [10.1.0.0/24]}\npeers:\n  - {name: beta, vtep: {ipv4: "
     "192.0.2.2}}\nendpoints:\n  - {name: web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: "
     "container, namespace: web}}\n  - {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}\n",
     "  vtep: {ipv6: \"2001:db8::1\"}\n  underlay: [{name: wan, kind: packet, interface: eth0}]\noverlays:\n "
     " - {name: blue, vni: 100, subnets: [10.1.0.0/24], mtu: 65466}\n",
     {"6:57: overlays[0].mtu: is '65466'; allowed: a decimal number from 576 to 65465 bytes"}},
    {"flood_not_boolean",
     "[10.1.0.0/24]",
     "[10.1.0.0/24], flood: on",
     {"6:59: overlays[0].flood: is 'on'; allowed: true, false"}},
    {"flood_yes",
     "[10.1.0.0/24]",
     "[10.1.0.0/24], flood: yes",
     {"6:59: overlays[0].flood: is 'yes'; allowed: true, false"}},
    {"flood_quoted",
     "[10.1.0.0/24]",
     "[10.1.0.0/24], flood: \"true\"",
     {"6:59: overlays[0].flood: is the quoted text 'true'; allowed: true, false"}},
};

INSTANTIATE_TEST_SUITE_P(config, overlays_problem, testing::ValuesIn(cases), name_of_case);

}  // namespace
}  // namespace waggle::config
