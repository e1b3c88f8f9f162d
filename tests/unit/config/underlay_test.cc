#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

class underlay_problem : public testing::TestWithParam<edit_case> {};

TEST_P(underlay_problem, is_reported) {
    check(GetParam());
}

const std::vector<edit_case> cases{
    {"missing",
     "  underlay: [{name: wan, kind: packet, interface: eth0}]\n",
     "",
     {"2:3: node.underlay: is missing; allowed: a list of 1 to 16 underlay ports: {name, kind: packet, "
      "interface} or {name, kind: ethdev, device, exception_interface}"}},
    {"not_a_list",
     "[{name: wan, kind: packet, interface: eth0}]",
     "{name: wan, kind: packet, interface: eth0}",
     {"4:13: node.underlay: is a map; allowed: a list of 1 to 16 underlay ports: {name, kind: packet, "
      "interface} or {name, kind: ethdev, device, exception_interface}"}},
    {"empty",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[]",
     {"4:13: node.underlay: has 0 ports; allowed: 1 to 16"}},
    {"too_many",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: w0, kind: packet, interface: e0}, {name: w1, kind: packet, interface: e1}, {name: w2, kind: "
     "packet, interface: e2}, {name: w3, kind: packet, interface: e3}, {name: w4, kind: packet, interface: "
     "e4}, {name: w5, kind: packet, interface: e5}, {name: w6, kind: packet, interface: e6}, {name: w7, "
     "kind: packet, interface: e7}, {name: w8, kind: packet, interface: e8}, {name: w9, kind: packet, "
     "interface: e9}, {name: w10, kind: packet, interface: e10}, {name: w11, kind: packet, interface: e11}, "
     "{name: w12, kind: packet, interface: e12}, {name: w13, kind: packet, interface: e13}, {name: w14, "
     "kind: packet, interface: e14}, {name: w15, kind: packet, interface: e15}, {name: w16, kind: packet, "
     "interface: e16}]",
     {"4:13: node.underlay: has 17 ports; allowed: 1 to 16"}},
    {"port_not_a_map",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[eth0]",
     {"4:14: node.underlay[0]: is 'eth0'; allowed: a map with the keys name, kind, interface, device, "
      "exception_interface"}},
    {"kind_missing",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, interface: eth0}]",
     {"4:14: node.underlay[0].kind: is missing; allowed: packet, ethdev"}},
    {"kind_unknown",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: tap, interface: eth0}]",
     {"4:32: node.underlay[0].kind: is 'tap'; allowed: packet, ethdev"}},
    {"name_missing",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{kind: packet, interface: eth0}]",
     {"4:14: node.underlay[0].name: is missing; allowed: a name"}},
    {"name_twice",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: packet, interface: eth0}, {name: wan, kind: packet, interface: eth1}]",
     {"4:65: node.underlay[1].name: 'wan' is already used by another underlay port (line 4); allowed: a name "
      "of its own for each underlay port"}},
    {"interface_missing",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: packet}]",
     {"4:14: node.underlay[0].interface: is missing; allowed: the name of a network interface"}},
    {"interface_too_long",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: packet, interface: abcdefghijklmnop}]",
     {"4:51: node.underlay[0].interface: is 'abcdefghijklmnop'; allowed: the name of a network interface: 1 "
      "to 15 printable characters, no spaces, '/' or ':'"}},
    {"interface_bad_characters",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: packet, interface: a/b}]",
     {"4:51: node.underlay[0].interface: is 'a/b'; allowed: the name of a network interface: 1 to 15 "
      "printable characters, no spaces, '/' or ':'"}},
    {"interface_dots",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: packet, interface: ..}]",
     {"4:51: node.underlay[0].interface: is '..'; allowed: the name of a network interface: 1 to 15 "
      "printable characters, no spaces, '/' or ':'"}},
    {"interface_twice",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: packet, interface: eth0}, {name: lan, kind: ethdev, device: net_null0, "
     "exception_interface: eth0}]",
     {"4:124: node.underlay[1].exception_interface: interface 'eth0' is already used by underlay port 'wan' "
      "(line 4); allowed: an interface for each underlay port"}},
    {"key_of_other_kind",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: packet, interface: eth0, device: net_null0}]",
     {"4:57: node.underlay[0].device: is not a key that exists here; allowed: name, kind, interface"}},
    {"device_missing",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: ethdev, exception_interface: wan0}]",
     {"4:14: node.underlay[0].device: is missing; allowed: a PCI address or DPDK device arguments"}},
    {"device_with_space",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: wan, kind: ethdev, device: net null0, exception_interface: wan0}]",
     {"4:48: node.underlay[0].device: is 'net null0'; allowed: a PCI address (0000:03:00.0) or DPDK device "
      "arguments (net_...,key=value), no spaces"}},
    {"device_twice",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: a, kind: ethdev, device: \"net_null0,x=1\", exception_interface: wan0}, {name: b, kind: "
     "ethdev, device: net_null0, exception_interface: wan1}]",
     {"4:123: node.underlay[1].device: device 'net_null0' is already used by underlay port 'a' (line 4); "
      "allowed: a device of its own"}},
    {"exception_interface_missing",
     "[{name: wan, kind: packet, interface: eth0}]",
     "[{name: a, kind: ethdev, device: net_null0}]",
     {"4:14: node.underlay[0].exception_interface: is missing; allowed: the name of a network interface"}},
};

INSTANTIATE_TEST_SUITE_P(config, underlay_problem, testing::ValuesIn(cases), name_of_case);

}  // namespace
}  // namespace waggle::config
