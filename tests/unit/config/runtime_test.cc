#include "config/endpoint_checker.hh"
#include "config/write.hh"
#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

config base() {
    return std::get<config>(load_text(good_file, "f"));
}

/// What parsing one endpoint against the good file gives: its YAML, or its problems.
std::string parsed(const std::string& text) {
    const auto result = parse_endpoint(text, "request", base());
    if (const auto* problems = std::get_if<std::vector<problem>>(&result)) return to_string(*problems);
    return write_endpoint(std::get<endpoint>(result));
}

TEST(runtime_endpoint, from_json) {
    EXPECT_EQ(parsed(R"({"name":"new","overlay":"blue","addresses":["10.1.0.9"],"attachment":)"
                     R"({"kind":"container","pid":12,"interface":"eth1","routes":[{"to":"0.0.0.0/0"}]}})"),
              "name: \"new\"\n"
              "overlay: \"blue\"\n"
              "addresses: [\"10.1.0.9/24\"]\n"
              "mac: \"02:42:0a:01:00:09\"\n"
              "host: \"alpha\"\n"
              "attachment:\n"
              "  kind: \"container\"\n"
              "  pid: 12\n"
              "  interface: \"eth1\"\n"
              "  routes:\n"
              "    - {to: \"0.0.0.0/0\"}\n");
}

TEST(runtime_endpoint, from_yaml) {
    EXPECT_EQ(parsed("name: new\noverlay: blue\naddresses: [10.1.0.9]\nhost: beta\n"),
              "name: \"new\"\n"
              "overlay: \"blue\"\n"
              "addresses: [\"10.1.0.9/24\"]\n"
              "mac: \"02:42:0a:01:00:09\"\n"
              "host: \"beta\"\n");
}

TEST(runtime_endpoint, is_checked_against_what_is_there) {
    EXPECT_EQ(
        parsed("{name: web, overlay: blue, addresses: [10.1.0.2], mac: 02:42:0a:01:00:03, attachment: "
               "{kind: container, namespace: web}}"),
        "request:1:8: name: 'web' is already used by endpoint 'web'; allowed: a name of its own for each "
        "endpoint\n"
        "request:1:40: addresses[0]: 10.1.0.2 on overlay 'blue' is already used by endpoint 'web'; allowed: "
        "an "
        "address of its own\n"
        "request:1:56: mac: MAC 02:42:0a:01:00:03 on overlay 'blue' is already used by endpoint 'db'; "
        "allowed: "
        "a MAC of its own\n"
        "request:1:87: attachment: interface 'eth0' of this network namespace is already used by endpoint "
        "'web'; allowed: an interface of its own for each endpoint");
    EXPECT_EQ(parsed("{name: new, overlay: red, addresses: [10.2.0.2], host: gamma}"),
              "request:1:22: overlay: names overlay 'red', which is not configured; allowed: a name from "
              "'overlays', or with a section 'swarm' or after 'waggle join' a network of the Docker swarm\n"
              "request:1:56: host: names host 'gamma', which is not configured; allowed: 'alpha' (this node) "
              "or the "
              "name of a peer");
    EXPECT_EQ(parsed("{name: new, overlay: blue, addresses: [10.2.0.2], host: beta}"),
              "request:1:40: addresses[0]: 10.2.0.2 is in no subnet of its overlay; allowed: an address in "
              "10.1.0.0/24");
}

TEST(runtime_endpoint, knows_devices_of_the_underlay_and_own_sockets) {
    config with_ethdev = base();
    with_ethdev.node.underlay.push_back({"fast", ethdev_underlay{"net_null0,a=1", "wan0"}});
    const auto ethdev = parse_endpoint(
        "{name: n, overlay: blue, addresses: [10.1.0.9], attachment: {kind: ethdev, device: net_null0}}",
        "request", with_ethdev);
    ASSERT_TRUE(std::holds_alternative<std::vector<problem>>(ethdev));
    EXPECT_EQ(to_string(std::get<1>(ethdev)),
              "request:1:84: attachment.device: device 'net_null0' is already used by underlay port 'fast'; "
              "allowed: a device of its own");
    EXPECT_EQ(parsed("{name: n, overlay: blue, addresses: [10.1.0.9], attachment: {kind: vhost-user, socket: "
                     "/run/waggle/control.sock}}"),
              "request:1:88: attachment.socket: this socket is already used by waggle-control; allowed: a "
              "socket of "
              "its own for each endpoint");
}

TEST(runtime_endpoint, malformed_requests) {
    EXPECT_EQ(parsed(""), "request:1:1: is empty; allowed: one YAML document");
    EXPECT_EQ(parsed("[]"),
              "request:1:1: is a list; allowed: a map with the keys name, overlay, addresses, mac, host, "
              "attachment, aliases");
    EXPECT_EQ(
        parsed("{\"name\":"),
        "request:1:1: is an unclosed bracket, or a list or map where a key belongs; allowed: 'key: value'");
}

TEST(endpoint_checker, remembers_what_is_added_until_it_is_removed) {
    endpoint_checker checker(base());
    const std::string text =
        "{name: new, overlay: blue, addresses: [10.1.0.9], attachment: {kind: memif, socket: /m}}";
    const auto first = checker.check(text, "f");
    ASSERT_TRUE(std::holds_alternative<endpoint>(first));
    // A check leaves nothing behind, whether it is good or not.
    EXPECT_TRUE(std::holds_alternative<endpoint>(checker.check(text, "f")));
    const std::string bad =
        "{name: other, overlay: blue, addresses: [10.1.0.9], mac: x, attachment: {kind: memif, socket: /m}}";
    EXPECT_EQ(std::get<1>(checker.check(bad, "f")).size(), 1U);
    EXPECT_TRUE(std::holds_alternative<endpoint>(checker.check(text, "f")));

    checker.add(std::get<endpoint>(first));
    const auto again = checker.check(text, "f");
    ASSERT_TRUE(std::holds_alternative<std::vector<problem>>(again));
    // Name, address and socket; the MAC follows from the address and is not told again.
    EXPECT_EQ(std::get<1>(again).size(), 3U) << to_string(std::get<1>(again));
    EXPECT_EQ(std::get<1>(checker.check(bad, "f")).size(), 3U);
    checker.remove(std::get<endpoint>(first));
    EXPECT_TRUE(std::holds_alternative<endpoint>(checker.check(text, "f")));

    checker.remove(base().endpoints[1]);
    EXPECT_TRUE(std::holds_alternative<endpoint>(
        checker.check("{name: db, overlay: blue, addresses: [10.1.0.3], host: beta}", "f")));
}

TEST(stored_endpoints, those_that_no_longer_fit_are_left_out) {
    const endpoint_list list = load_endpoints(
        "endpoints:\n"
        "  - {name: one, overlay: blue, addresses: [10.1.0.10], host: beta}\n"
        "  - {name: two, overlay: gone, addresses: [10.1.0.11], host: beta}\n"
        "  - {name: three, overlay: blue, addresses: [10.1.0.12], host: beta}\n"
        "  - {name: four, overlay: blue, addresses: [10.1.0.10], host: beta}\n",
        "state", base());
    ASSERT_EQ(list.endpoints.size(), 2U);
    EXPECT_EQ(list.endpoints[0].name, "one");
    EXPECT_EQ(list.endpoints[1].name, "three");
    EXPECT_EQ(to_string(list.problems),
              "state:3:26: endpoints[1].overlay: names overlay 'gone', which is not configured; allowed: a "
              "name from "
              "'overlays', or with a section 'swarm' or after 'waggle join' a network of the Docker swarm\n"
              "state:5:45: endpoints[3].addresses[0]: 10.1.0.10 on overlay 'blue' is already used by "
              "endpoint 'one' "
              "(line 2); allowed: an address of its own");
}

TEST(stored_endpoints, none) {
    const endpoint_list list = load_endpoints(write_endpoints({}), "state", base());
    EXPECT_TRUE(list.endpoints.empty());
    EXPECT_EQ(to_string(list.problems), "");
}

TEST(stored_endpoints, text_that_is_no_list) {
    EXPECT_EQ(
        to_string(load_endpoints("endpoint: []", "state", base()).problems),
        "state:1:1: endpoint: is not a key that exists here (did you mean 'endpoints'?); allowed: endpoints\n"
        "state:1:1: endpoints: is missing; allowed: a list of endpoints");
    EXPECT_EQ(
        to_string(load_endpoints("[", "state", base()).problems),
        "state:1:1: is an unclosed bracket, or a list or map where a key belongs; allowed: 'key: value'");
}

}  // namespace
}  // namespace waggle::config
