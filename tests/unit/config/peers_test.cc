#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

class peers_problem : public testing::TestWithParam<edit_case> {};

TEST_P(peers_problem, is_reported) {
    check(GetParam());
}

const std::vector<edit_case> cases{
    {"not_a_list",
     "  - {name: beta, vtep: {ipv4: 192.0.2.2}}",
     "  beta",
     {"8:3: peers: is 'beta'; allowed: a list of other hosts: {name, vtep, overlays, esp_in_udp}"}},
    {"vtep_of_other_family_than_ipv6",
     "  vtep: {ipv4: 192.0.2.1}\n  underlay: [{name: wan, kind: packet, interface: eth0}]\noverlays:\n  - "
     "{name: blue, vni: 100, subnets: [10.1.0.0/24]}\npeers:\n  - {name: beta, vtep: {ipv4: "
     "192.0.2.2}}\nendpoints:\n  - {name: web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: "
     "container, namespace: web}}\n  - {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}\n",
     "  vtep: {ipv6: \"2001:db8::1\"}\n  underlay: [{name: wan, kind: packet, interface: eth0}]\npeers:\n  - "
     "{name: beta, vtep: {ipv4: 192.0.2.2}}\n",
     {"6:24: peers[0].vtep: has only IPv4 while this node has only IPv6; allowed: an address of a family "
      "that both have"}},
    {"entry_not_a_map",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}\n  - gamma",
     {"9:5: peers[1]: is 'gamma'; allowed: a map with the keys name, vtep, overlays, esp_in_udp"}},
    {"name_missing",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}\n  - {vtep: {ipv4: 192.0.2.3}}",
     {"9:5: peers[1].name: is missing; allowed: the other host's name"}},
    {"name_twice",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}\n  - {name: beta, vtep: {ipv4: 192.0.2.3}}",
     {"9:12: peers[1].name: 'beta' is already used by peer 'beta' (line 8); allowed: a name that neither "
      "this node nor another peer has"}},
    {"name_of_this_node",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}\n  - {name: alpha, vtep: {ipv4: 192.0.2.3}}",
     {"9:12: peers[1].name: 'alpha' is already used by this node (line 2); allowed: a name that neither this "
      "node nor another peer has"}},
    {"unknown_key",
     "{ipv4: 192.0.2.2}}",
     "{ipv4: 192.0.2.2}, overlay: [blue]}",
     {"8:43: peers[0].overlay: is not a key that exists here (did you mean 'overlays'?); allowed: name, "
      "vtep, overlays, esp_in_udp"}},
    {"vtep_missing",
     ", vtep: {ipv4: 192.0.2.2}",
     "",
     {"8:5: peers[0].vtep: is missing; allowed: the other host's outer addresses: {ipv4, ipv6}, one or "
      "both"}},
    {"vtep_of_this_node",
     "{ipv4: 192.0.2.2}",
     "{ipv4: 192.0.2.1}",
     {"8:31: peers[0].vtep.ipv4: 192.0.2.1 is already used by this node (line 3); allowed: a VTEP address of "
      "its own"}},
    {"vtep_twice",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}",
     "- {name: beta, vtep: {ipv4: 192.0.2.2}}\n  - {name: gamma, vtep: {ipv4: 192.0.2.2}}",
     {"9:32: peers[1].vtep.ipv4: 192.0.2.2 is already used by peer 'beta' (line 8); allowed: a VTEP address "
      "of its own"}},
    {"vtep_of_other_family",
     "{ipv4: 192.0.2.2}",
     "{ipv6: \"2001:db8::2\"}",
     {"8:24: peers[0].vtep: has only IPv6 while this node has only IPv4; allowed: an address of a family "
      "that both have"}},
    {"overlays_not_a_list",
     "{ipv4: 192.0.2.2}}",
     "{ipv4: 192.0.2.2}, overlays: blue}",
     {"8:53: peers[0].overlays: is 'blue'; allowed: a list of names of overlays; leave it out for all"}},
    {"overlays_unknown",
     "{ipv4: 192.0.2.2}}",
     "{ipv4: 192.0.2.2}, overlays: [blue, red]}",
     {"8:60: peers[0].overlays[1]: names overlay 'red', which is not configured; allowed: a name from "
      "'overlays'"}},
    {"overlays_twice",
     "{ipv4: 192.0.2.2}}",
     "{ipv4: 192.0.2.2}, overlays: [blue, blue]}",
     {"8:60: peers[0].overlays[1]: 'blue' is already used by this peer (line 8); allowed: each overlay "
      "once"}},
    {"overlays_entry_not_text",
     "{ipv4: 192.0.2.2}}",
     "{ipv4: 192.0.2.2}, overlays: [blue, {}]}",
     {"8:60: peers[0].overlays[1]: is a map; allowed: the name of an overlay"}},
};

INSTANTIATE_TEST_SUITE_P(config, peers_problem, testing::ValuesIn(cases), name_of_case);

}  // namespace
}  // namespace waggle::config
