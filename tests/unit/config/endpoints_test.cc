#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

class endpoints_problem : public testing::TestWithParam<edit_case> {};

TEST_P(endpoints_problem, is_reported) {
    check(GetParam());
}

/// The rest of the good file from its first overlay on.
constexpr const char* after_overlays = R"(  - {name: blue, vni: 100, subnets: [10.1.0.0/24]}
peers:
  - {name: beta, vtep: {ipv4: 192.0.2.2}}
endpoints:
  - {name: web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: container, namespace: web}}
  - {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}
)";

const std::vector<edit_case> cases{
    {"not_a_list",
     "  - {name: web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: container, namespace: web}}\n "
     " - {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}",
     "  web",
     {"10:3: endpoints: is 'web'; allowed: a list of endpoints: {name, overlay, addresses, mac, host, "
      "attachment, aliases}"}},
    {"entry_not_a_map",
     "- {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}",
     "- {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}\n  - cache",
     {"12:5: endpoints[2]: is 'cache'; allowed: a map with the keys name, overlay, addresses, mac, host, "
      "attachment, aliases"}},
    {"name_missing", "{name: db, ", "{", {"11:5: endpoints[1].name: is missing; allowed: a name"}},
    {"name_twice",
     "name: db",
     "name: web",
     {"11:12: endpoints[1].name: 'web' is already used by another endpoint (line 10); allowed: a name of its "
      "own for each endpoint"}},
    {"unknown_key",
     "host: beta",
     "host: beta, address: 10.1.0.3",
     {"11:66: endpoints[1].address: is not a key that exists here (did you mean 'addresses'?); allowed: "
      "name, overlay, addresses, mac, host, attachment, aliases"}},
    {"overlay_missing",
     "name: db, overlay: blue",
     "name: db",
     {"11:5: endpoints[1].overlay: is missing; allowed: the name of an overlay"}},
    {"overlay_unknown",
     "name: db, overlay: blue",
     "name: db, overlay: green",
     {"11:25: endpoints[1].overlay: names overlay 'green', which is not configured; allowed: a name from "
      "'overlays', or with a section 'swarm' or after 'waggle join' a network of the Docker swarm"}},
    {"overlay_is_a_list",
     "name: db, overlay: blue",
     "name: db, overlay: [blue]",
     {"11:25: endpoints[1].overlay: is a list; allowed: the name of an overlay"}},
    {"addresses_missing",
     ", addresses: [10.1.0.3]",
     "",
     {"11:5: endpoints[1].addresses: is missing; allowed: a list of one IPv4 address, one IPv6 address, or "
      "one of each"}},
    {"addresses_not_a_list",
     "[10.1.0.3]",
     "10.1.0.3",
     {"11:42: endpoints[1].addresses: is '10.1.0.3'; allowed: a list of one IPv4 address, one IPv6 address, "
      "or one of each"}},
    {"addresses_empty",
     "[10.1.0.3]",
     "[]",
     {"11:42: endpoints[1].addresses: is an empty list; allowed: a list of one IPv4 address, one IPv6 "
      "address, or one of each"}},
    {"address_malformed",
     "[10.1.0.3]",
     "[10.1.0.300]",
     {"11:43: endpoints[1].addresses[0]: is '10.1.0.300'; allowed: an IP address such as 10.1.0.2, with or "
      "without its subnet's length"}},
    {"address_is_map",
     "[10.1.0.3]",
     "[{ip: 10.1.0.3}]",
     {"11:43: endpoints[1].addresses[0]: is a map; allowed: an IP address such as 10.1.0.2, with or without "
      "its subnet's length"}},
    {"address_outside",
     "[10.1.0.3]",
     "[10.2.0.3]",
     {"11:43: endpoints[1].addresses[0]: 10.2.0.3 is in no subnet of its overlay; allowed: an address in "
      "10.1.0.0/24"}},
    {"address_other_length",
     "[10.1.0.3]",
     "[10.1.0.3/16]",
     {"11:43: endpoints[1].addresses[0]: has the length /16; allowed: /24, the length of its subnet "
      "10.1.0.0/24"}},
    {"address_network",
     "[10.1.0.3]",
     "[10.1.0.0]",
     {"11:43: endpoints[1].addresses[0]: 10.1.0.0 is the network address of 10.1.0.0/24; allowed: a host's "
      "address"}},
    {"address_broadcast",
     "[10.1.0.3]",
     "[10.1.0.255]",
     {"11:43: endpoints[1].addresses[0]: 10.1.0.255 is the broadcast address of 10.1.0.0/24; allowed: a "
      "host's address"}},
    {"addresses_two_v4",
     "[10.1.0.3]",
     "[10.1.0.3, 10.1.0.4]",
     {"11:53: endpoints[1].addresses[1]: is a second IPv4 address; allowed: a list of one IPv4 address, one "
      "IPv6 address, or one of each"}},
    {"address_twice",
     "[10.1.0.3]",
     "[10.1.0.2]",
     {"11:43: endpoints[1].addresses[0]: 10.1.0.2 on overlay 'blue' is already used by endpoint 'web' (line "
      "10); allowed: an address of its own"}},
    {"mac_malformed",
     "host: beta",
     "host: beta, mac: 02:42:0a:01:00",
     {"11:71: endpoints[1].mac: is '02:42:0a:01:00'; allowed: a unicast MAC address such as "
      "02:42:0a:01:00:02"}},
    {"mac_multicast",
     "host: beta",
     "host: beta, mac: 01:00:5e:00:00:01",
     {"11:71: endpoints[1].mac: is '01:00:5e:00:00:01'; allowed: a unicast MAC address such as "
      "02:42:0a:01:00:02"}},
    {"mac_zero",
     "host: beta",
     "host: beta, mac: 00:00:00:00:00:00",
     {"11:71: endpoints[1].mac: is '00:00:00:00:00:00'; allowed: a unicast MAC address such as "
      "02:42:0a:01:00:02"}},
    {"mac_same_as_derived",
     "host: beta",
     "host: beta, mac: 02:42:0a:01:00:02",
     {"11:71: endpoints[1].mac: MAC 02:42:0a:01:00:02 on overlay 'blue' is already used by endpoint 'web' "
      "(line 10); allowed: a MAC of its own"}},
    {"mac_missing_with_ipv6_only",
     after_overlays,
     "  - {name: blue, vni: 100, subnets: [\"fd00::/64\"]}\nendpoints:\n  - {name: web, overlay: blue, "
     "addresses: [\"fd00::2\"], attachment: {kind: container, namespace: web}}\n",
     {"8:5: endpoints[0].mac: is missing; allowed: a unicast MAC address, as there is no IPv4 address to "
      "take it from"}},
    {"address_anycast",
     after_overlays,
     "  - {name: blue, vni: 100, subnets: [\"fd00::/64\"]}\nendpoints:\n  - {name: web, overlay: blue, "
     "addresses: [\"fd00::\"], attachment: {kind: container, namespace: web}}\n",
     {"8:44: endpoints[0].addresses[0]: fd00:: is the subnet-router anycast address of fd00::/64; allowed: a "
      "host's address"}},
    {"addresses_two_v6",
     after_overlays,
     "  - {name: blue, vni: 100, subnets: [\"fd00::/64\"]}\nendpoints:\n  - {name: web, overlay: blue, "
     "addresses: [\"fd00::2\", \"fd00::3\"], mac: 02:00:00:00:00:01, attachment: {kind: container, "
     "namespace: web}}\n",
     {"8:55: endpoints[0].addresses[1]: is a second IPv6 address; allowed: a list of one IPv4 address, one "
      "IPv6 address, or one of each"}},
    {"host_unknown",
     "host: beta",
     "host: gamma",
     {"11:60: endpoints[1].host: names host 'gamma', which is not configured; allowed: 'alpha' (this node) "
      "or the name of a peer"}},
    {"host_is_a_map",
     "host: beta",
     "host: {}",
     {"11:60: endpoints[1].host: is a map; allowed: the name of this node or of a peer"}},
    {"host_not_of_overlay",
     "{ipv4: 192.0.2.2}}",
     "{ipv4: 192.0.2.2}, overlays: []}",
     {"11:60: endpoints[1].host: names peer 'beta', which does not take part in overlay 'blue'; allowed: a "
      "host of the overlay, or add the overlay to the peer"}},
    {"attachment_missing",
     ", attachment: {kind: container, namespace: web}",
     "",
     {"10:5: endpoints[0].attachment: is missing; allowed: {kind: container | vhost-user | memif | ethdev, "
      "...}"}},
    {"attachment_on_other_host",
     "host: beta",
     "host: beta, attachment: {kind: container, namespace: db}",
     {"11:78: endpoints[1].attachment: is given for an endpoint of another host ('beta'); allowed: only "
      "where host is 'alpha', this node"}},
};

INSTANTIATE_TEST_SUITE_P(config, endpoints_problem, testing::ValuesIn(cases), name_of_case);

}  // namespace
}  // namespace waggle::config
