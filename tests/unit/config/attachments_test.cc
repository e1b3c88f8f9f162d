#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

class attachments_problem : public testing::TestWithParam<edit_case> {};

TEST_P(attachments_problem, is_reported) {
    check(GetParam());
}

const std::vector<edit_case> cases{
    {"not_a_map",
     "{kind: container, namespace: web}",
     "web",
     {"10:67: endpoints[0].attachment: is 'web'; allowed: a map with the keys kind, namespace, path, pid, "
      "interface, routes, socket, queues, id, device"}},
    {"kind_missing",
     "{kind: container, namespace: web}",
     "{namespace: web}",
     {"10:67: endpoints[0].attachment.kind: is missing; allowed: container, vhost-user, memif, ethdev"}},
    {"kind_unknown",
     "{kind: container, namespace: web}",
     "{kind: bridge, namespace: web}",
     {"10:74: endpoints[0].attachment.kind: is 'bridge'; allowed: container, vhost-user, memif, ethdev"}},
    {"container_unknown_key",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, socket: /s}",
     {"10:101: endpoints[0].attachment.socket: is not a key that exists here; allowed: kind, namespace, "
      "path, pid, interface, routes"}},
    {"container_no_namespace",
     "{kind: container, namespace: web}",
     "{kind: container}",
     {"10:67: endpoints[0].attachment: names no network namespace; allowed: exactly one of namespace (a name "
      "under /run/netns), path, pid (a process in it)"}},
    {"container_two_namespaces",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, pid: 1}",
     {"10:67: endpoints[0].attachment: names more than one network namespace; allowed: exactly one of "
      "namespace (a name under /run/netns), path, pid (a process in it)"}},
    {"container_namespace_with_slash",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: a/b}",
     {"10:96: endpoints[0].attachment.namespace: is 'a/b'; allowed: the name of a namespace under "
      "/run/netns, without '/'"}},
    {"container_namespace_empty",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: ''}",
     {"10:96: endpoints[0].attachment.namespace: is the quoted text ''; allowed: the name of a namespace "
      "under /run/netns, without '/'"}},
    {"container_path_relative",
     "{kind: container, namespace: web}",
     "{kind: container, path: netns/web}",
     {"10:91: endpoints[0].attachment.path: is 'netns/web'; allowed: an absolute path (/...) without '..', "
      "at most 4095 bytes"}},
    {"container_pid_zero",
     "{kind: container, namespace: web}",
     "{kind: container, pid: 0}",
     {"10:90: endpoints[0].attachment.pid: is '0'; allowed: a decimal number from 1 to 4194304"}},
    {"container_interface_too_long",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, interface: abcdefghijklmnop}",
     {"10:112: endpoints[0].attachment.interface: is 'abcdefghijklmnop'; allowed: the name of a network "
      "interface: 1 to 15 printable characters, no spaces, '/' or ':'"}},
    {"container_interface_with_colon",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, interface: 'eth0:1'}",
     {"10:112: endpoints[0].attachment.interface: is the quoted text 'eth0:1'; allowed: the name of a "
      "network interface: 1 to 15 printable characters, no spaces, '/' or ':'"}},
    {"container_interface_with_space",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, interface: 'eth 0'}",
     {"10:112: endpoints[0].attachment.interface: is the quoted text 'eth 0'; allowed: the name of a network "
      "interface: 1 to 15 printable characters, no spaces, '/' or ':'"}},
    {"container_interface_twice",
     "- {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}",
     "- {name: db, overlay: blue, addresses: [10.1.0.3], attachment: {kind: container, path: "
     "/run/netns/web}}",
     {"11:66: endpoints[1].attachment: interface 'eth0' of this network namespace is already used by "
      "endpoint 'web' (line 10); allowed: an interface of its own for each endpoint"}},
    {"routes_not_a_list",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: {to: 0.0.0.0/0}}",
     {"10:109: endpoints[0].attachment.routes: is a map; allowed: a list of routes: {to: 0.0.0.0/0, via: "
      "10.1.0.1}"}},
    {"route_not_a_map",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [10.0.0.0/8]}",
     {"10:110: endpoints[0].attachment.routes[0]: is '10.0.0.0/8'; allowed: a map with the keys to, via"}},
    {"route_without_destination",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{via: 10.1.0.1}]}",
     {"10:110: endpoints[0].attachment.routes[0].to: is missing; allowed: a destination such as "
      "10.2.0.0/16"}},
    {"route_unknown_key",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{to: 10.0.0.0/8, metric: 1}]}",
     {"10:127: endpoints[0].attachment.routes[0].metric: is not a key that exists here; allowed: to, via"}},
    {"route_default_word",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{to: default, via: 10.1.0.1}]}",
     {"10:115: endpoints[0].attachment.routes[0].to: is 'default'; allowed: a destination such as "
      "10.2.0.0/16 without host bits (0.0.0.0/0 or ::/0 for all)"}},
    {"route_host_bits",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{to: 10.0.0.1/8}]}",
     {"10:115: endpoints[0].attachment.routes[0].to: is '10.0.0.1/8'; allowed: a destination such as "
      "10.2.0.0/16 without host bits (0.0.0.0/0 or ::/0 for all)"}},
    {"route_of_other_family",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{to: \"::/0\"}]}",
     {"10:115: endpoints[0].attachment.routes[0].to: is an IPv6 route of an endpoint without such an "
      "address; allowed: routes of its addresses' families"}},
    {"route_gateway_outside",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{to: 10.0.0.0/8, via: 10.2.0.1}]}",
     {"10:132: endpoints[0].attachment.routes[0].via: is '10.2.0.1'; allowed: an IPv4 address in the "
      "endpoint's subnet, not the endpoint's own"}},
    {"route_gateway_itself",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{to: 10.0.0.0/8, via: 10.1.0.2}]}",
     {"10:132: endpoints[0].attachment.routes[0].via: is '10.1.0.2'; allowed: an IPv4 address in the "
      "endpoint's subnet, not the endpoint's own"}},
    {"route_gateway_of_other_family",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{to: 10.0.0.0/8, via: \"fd00::1\"}]}",
     {"10:132: endpoints[0].attachment.routes[0].via: is the quoted text 'fd00::1'; allowed: an IPv4 address "
      "in the endpoint's subnet, not the endpoint's own"}},
    {"route_twice",
     "{kind: container, namespace: web}",
     "{kind: container, namespace: web, routes: [{to: 10.0.0.0/8}, {to: 10.0.0.0/8, via: 10.1.0.1}]}",
     {"10:133: endpoints[0].attachment.routes[1].to: destination 10.0.0.0/8 is already used by another route "
      "(line 10); allowed: one route for each destination"}},
    {"vhost_user_socket_missing",
     "{kind: container, namespace: web}",
     "{kind: vhost-user}",
     {"10:67: endpoints[0].attachment.socket: is missing; allowed: the absolute path of a unix socket"}},
    {"vhost_user_socket_relative",
     "{kind: container, namespace: web}",
     "{kind: vhost-user, socket: web.sock}",
     {"10:94: endpoints[0].attachment.socket: is 'web.sock'; allowed: an absolute path (/...) without '..', "
      "at most 107 bytes"}},
    {"vhost_user_socket_too_long",
     "{kind: container, namespace: web}",
     "{kind: vhost-user, socket: "
     "/ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
     "sssss}",
     {"10:94: endpoints[0].attachment.socket: is "
      "'/sssssssssssssssssssssssssssssssssssssssssssssssssssssssssss...'; allowed: an absolute path (/...) "
      "without '..', at most 107 bytes"}},
    {"vhost_user_socket_of_dataplane",
     "{kind: container, namespace: web}",
     "{kind: vhost-user, socket: /run/waggle/dataplane.sock}",
     {"10:94: endpoints[0].attachment.socket: this socket is already used by waggle-dataplane; allowed: a "
      "socket of its own for each endpoint"}},
    {"vhost_user_queues_zero",
     "{kind: container, namespace: web}",
     "{kind: vhost-user, socket: /s, queues: 0}",
     {"10:106: endpoints[0].attachment.queues: is '0'; allowed: a decimal number from 1 to 128"}},
    {"vhost_user_queues_too_many",
     "{kind: container, namespace: web}",
     "{kind: vhost-user, socket: /s, queues: 129}",
     {"10:106: endpoints[0].attachment.queues: is '129'; allowed: a decimal number from 1 to 128"}},
    {"vhost_user_unknown_key",
     "{kind: container, namespace: web}",
     "{kind: vhost-user, socket: /s, queue: 1}",
     {"10:98: endpoints[0].attachment.queue: is not a key that exists here (did you mean 'queues'?); "
      "allowed: kind, socket, queues"}},
    {"memif_socket_missing",
     "{kind: container, namespace: web}",
     "{kind: memif, id: 1}",
     {"10:67: endpoints[0].attachment.socket: is missing; allowed: the absolute path of a unix socket"}},
    {"memif_id_negative",
     "{kind: container, namespace: web}",
     "{kind: memif, socket: /s, id: -1}",
     {"10:97: endpoints[0].attachment.id: is '-1'; allowed: a decimal number from 0 to 4294967295"}},
    {"memif_unknown_key",
     "{kind: container, namespace: web}",
     "{kind: memif, socket: /s, ids: 1}",
     {"10:93: endpoints[0].attachment.ids: is not a key that exists here (did you mean 'id'?); allowed: "
      "kind, socket, id"}},
    {"memif_id_twice",
     "- {name: web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: container, namespace: web}}\n  "
     "- {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}",
     "- {name: a, overlay: blue, addresses: [10.1.0.2], attachment: {kind: memif, socket: /s}}\n  - {name: "
     "b, overlay: blue, addresses: [10.1.0.3], attachment: {kind: memif, socket: /s, id: 0}}",
     {"11:87: endpoints[1].attachment.socket: id 0 of this socket is already used by endpoint 'a' (line 10); "
      "allowed: an id of its own for each endpoint on a socket"}},
    {"ethdev_device_missing",
     "{kind: container, namespace: web}",
     "{kind: ethdev}",
     {"10:67: endpoints[0].attachment.device: is missing; allowed: a PCI address or DPDK device arguments"}},
    {"ethdev_device_with_space",
     "{kind: container, namespace: web}",
     "{kind: ethdev, device: 'net_null0, x'}",
     {"10:90: endpoints[0].attachment.device: is the quoted text 'net_null0, x'; allowed: a PCI address "
      "(0000:03:00.0) or DPDK device arguments (net_...,key=value), no spaces"}},
    {"ethdev_unknown_key",
     "{kind: container, namespace: web}",
     "{kind: ethdev, device: net_null0, exception_interface: x}",
     {"10:101: endpoints[0].attachment.exception_interface: is not a key that exists here; allowed: kind, "
      "device"}},
    {"ethdev_device_of_underlay",
     "  underlay: [{name: wan, kind: packet, interface: eth0}]\noverlays:\n  - {name: blue, vni: 100, "
     "subnets: [10.1.0.0/24]}\npeers:\n  - {name: beta, vtep: {ipv4: 192.0.2.2}}\nendpoints:\n  - {name: "
     "web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: container, namespace: web}}\n  - {name: "
     "db, overlay: blue, addresses: [10.1.0.3], host: beta}\n",
     "  underlay: [{name: wan, kind: ethdev, device: \"0000:03:00.0\", exception_interface: "
     "wan0}]\noverlays:\n  - {name: blue, vni: 100, subnets: [10.1.0.0/24]}\nendpoints:\n  - {name: web, "
     "overlay: blue, addresses: [10.1.0.2], attachment: {kind: ethdev, device: \"0000:03:00.0\"}}\n",
     {"8:90: endpoints[0].attachment.device: device '0000:03:00.0' is already used by underlay port 'wan' "
      "(line 4); allowed: a device of its own"}},
};

INSTANTIATE_TEST_SUITE_P(config, attachments_problem, testing::ValuesIn(cases), name_of_case);

}  // namespace
}  // namespace waggle::config
