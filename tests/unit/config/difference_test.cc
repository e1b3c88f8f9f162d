#include "config/difference.hh"

#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

config loaded(const std::string& text) {
    return std::get<config>(load_text(text, "f"));
}

/// What turns the good file into the edited one.
std::string changes(const std::string& find, const std::string& replacement) {
    return to_string(compare(loaded(good_file), loaded(edited(find, replacement))));
}

TEST(difference, none) {
    const difference same = compare(loaded(good_file), loaded(good_file));
    EXPECT_TRUE(same.empty());
    EXPECT_FALSE(same.needs_restart());
    EXPECT_EQ(to_string(same), "");
}

TEST(difference, order_of_entries_means_nothing) {
    config turned = loaded(good_file);
    std::swap(turned.endpoints[0], turned.endpoints[1]);
    EXPECT_TRUE(compare(loaded(good_file), turned).empty());
}

TEST(difference, each_key_of_the_node) {
    const auto node_changes = [](const std::string& line) { return changes("  name: alpha\n", line); };
    const std::string name = "  name: alpha\n";
    EXPECT_EQ(node_changes("  name: gamma\n"),
              "~ node: name alpha -> gamma (takes a restart)\n"
              "~ endpoint 'web': host alpha -> gamma\n");
    EXPECT_EQ(changes("{ipv4: 192.0.2.1}", "{ipv4: 192.0.2.9, ipv6: \"2001:db8::1\"}"),
              "~ node: vtep.ipv4 192.0.2.1 -> 192.0.2.9 (takes a restart)\n"
              "~ node: vtep.ipv6 - -> 2001:db8::1 (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  udp_port: 8472\n"), "~ node: udp_port 4789 -> 8472 (takes a restart)\n");
    EXPECT_EQ(
        changes("kind: packet, interface: eth0", "kind: ethdev, device: net_null0, exception_interface: w"),
        "~ node: underlay wan (packet eth0) -> wan (ethdev net_null0, exception w) (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  workers: 2\n"), "~ node: workers 1 -> 2 (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  lcores: [3]\n"), "~ node: lcores - -> 3 (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  memory: 512\n"), "~ node: memory 256 -> 512 (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  hugepages: never\n"),
              "~ node: hugepages automatic -> never (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  hugepages: required\n"),
              "~ node: hugepages automatic -> required (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  idle: busy\n"), "~ node: idle adaptive -> busy (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  runtime_directory: /r\n"),
              "~ node: runtime_directory /run/waggle -> /r (takes a restart)\n");
    EXPECT_EQ(node_changes(name + "  state_directory: /s\n"),
              "~ node: state_directory /var/lib/waggle -> /s (takes a restart)\n");
}

TEST(difference, encryption) {
    const std::string docker = "  name: alpha\n  docker_encryption: {keys: /k}\n";
    EXPECT_EQ(changes("  name: alpha\n", docker),
              "~ node: docker_encryption - -> keys /k, replay resync window 4096 (takes a restart)\n");
    EXPECT_EQ(to_string(compare(loaded(edited("  name: alpha\n", docker)),
                                loaded(edited("  name: alpha\n",
                                              "  name: alpha\n  docker_encryption: {keys: /l, replay: off, "
                                              "replay_window: 64}\n")))),
              "~ node: docker_encryption keys /k, replay resync window 4096 -> keys /l, replay off window 64 "
              "(takes a restart)\n");
    const std::string plain = "vni: 100,";
    EXPECT_EQ(changes(plain, "vni: 100, encryption: {profile: waggle, secret: /s},"),
              "~ overlay 'blue': encryption - -> waggle, secret /s, aes256gcm, rekey 3600, replay window "
              "4096\n");
    EXPECT_EQ(
        to_string(compare(loaded(edited(plain, "vni: 100, encryption: {profile: waggle, secret: /s},")),
                          loaded(edited(plain,
                                        "vni: 100, encryption: {profile: waggle, secret: /t, algorithm: "
                                        "chacha20poly1305, rekey: 60, replay_window: 128},")))),
        "~ overlay 'blue': encryption waggle, secret /s, aes256gcm, rekey 3600, replay window 4096 "
        "-> waggle, secret /t, chacha20poly1305, rekey 60, replay window 128\n");
    config docker_overlay = loaded(good_file);
    docker_overlay.overlays[0].encryption = docker_profile{};
    EXPECT_EQ(to_string(compare(loaded(good_file), docker_overlay)),
              "~ overlay 'blue': encryption - -> docker\n");
    EXPECT_EQ(changes("{ipv4: 192.0.2.2}", "{ipv4: 192.0.2.2}, esp_in_udp: {}"),
              "~ peer 'beta': esp_in_udp - -> port 4500, keepalive 20\n");
}

TEST(difference, overlays) {
    EXPECT_EQ(changes("peers:\n",
                      "  - {name: red, vni: 7, subnets: [10.2.0.0/24, \"fd00::/64\"], mtu: 1400}\npeers:\n"),
              "+ overlay 'red': vni 7; subnets 10.2.0.0/24, fd00::/64; mtu 1400; flood false\n");
    EXPECT_EQ(changes("vni: 100, subnets: [10.1.0.0/24]", "vni: 101, subnets: [10.1.0.0/24], flood: true"),
              "~ overlay 'blue': vni 100 -> 101; flood false -> true\n");
}

TEST(difference, peers) {
    EXPECT_EQ(
        changes("endpoints:\n", "  - {name: gamma, vtep: {ipv4: 192.0.2.3}, overlays: []}\nendpoints:\n"),
        "+ peer 'gamma': vtep.ipv4 192.0.2.3\n");
    EXPECT_EQ(changes("{ipv4: 192.0.2.2}", "{ipv4: 192.0.2.2}, overlays: [blue]"),
              "~ peer 'beta': overlays all -> blue\n");
}

TEST(difference, endpoints) {
    EXPECT_EQ(changes("name: db", "name: cache"),
              "- endpoint 'db': overlay blue; addresses 10.1.0.3/24; mac 02:42:0a:01:00:03; host beta\n"
              "+ endpoint 'cache': overlay blue; addresses 10.1.0.3/24; mac 02:42:0a:01:00:03; host beta\n");
    EXPECT_EQ(changes("[10.1.0.3]", "[10.1.0.4]"),
              "~ endpoint 'db': addresses 10.1.0.3/24 -> 10.1.0.4/24; mac 02:42:0a:01:00:03 -> "
              "02:42:0a:01:00:04\n");
    EXPECT_EQ(
        changes("namespace: web", "pid: 7, routes: [{to: 0.0.0.0/0, via: 10.1.0.1}]"),
        "~ endpoint 'web': attachment container namespace web eth0 -> container pid 7 eth0, route 0.0.0.0/0 "
        "via 10.1.0.1\n");
    EXPECT_EQ(changes("{kind: container, namespace: web}", "{kind: container, path: /n}"),
              "~ endpoint 'web': attachment container namespace web eth0 -> container path /n eth0\n");
    EXPECT_EQ(changes("{kind: container, namespace: web}", "{kind: vhost-user, socket: /s}"),
              "~ endpoint 'web': attachment container namespace web eth0 -> vhost-user /s queues 1\n");
    EXPECT_EQ(changes("{kind: container, namespace: web}", "{kind: memif, socket: /s, id: 2}"),
              "~ endpoint 'web': attachment container namespace web eth0 -> memif /s id 2\n");
    EXPECT_EQ(changes("{kind: container, namespace: web}", "{kind: ethdev, device: net_null0}"),
              "~ endpoint 'web': attachment container namespace web eth0 -> ethdev net_null0\n");
}

TEST(difference, gossip) {
    const std::string one = "gossip: {seeds: [192.0.2.1], keys: /k}\noverlays:";
    const auto between = [&](const std::string& first, const std::string& second) {
        return to_string(compare(loaded(edited("overlays:", first)), loaded(edited("overlays:", second))));
    };
    EXPECT_EQ(changes("overlays:", one),
              "~ node: gossip.seeds - -> 192.0.2.1:7946 (takes a restart)\n"
              "~ node: gossip.keys - -> /k (takes a restart)\n"
              "~ node: gossip.port - -> 7946 (takes a restart)\n");
    EXPECT_EQ(between(one, "gossip: {seeds: [192.0.2.2], keys: /l}\noverlays:"),
              "~ gossip.seeds 192.0.2.1:7946 -> 192.0.2.2:7946\n"
              "~ gossip.keys /k -> /l\n");
    EXPECT_EQ(
        between(one, "gossip: {seeds: [192.0.2.1], keys: /l, port: 7, advertise: 192.0.2.1}\noverlays:"),
        "~ node: gossip.seeds 192.0.2.1:7946 -> 192.0.2.1:7 (takes a restart)\n"
        "~ node: gossip.advertise - -> 192.0.2.1 (takes a restart)\n"
        "~ node: gossip.port 7946 -> 7 (takes a restart)\n"
        "~ gossip.keys /k -> /l\n");
}

TEST(difference, what_takes_a_restart_is_kept_until_then) {
    const config without = loaded(edited("  name: alpha\n", "  name: alpha\n  workers: 2\n"));
    const config one = loaded(edited("overlays:", "gossip: {seeds: [192.0.2.1], keys: /k}\noverlays:"));
    const auto kept = [](const config& running, config wanted) {
        keep_until_restart(running, wanted);
        return wanted;
    };
    EXPECT_EQ(kept(without, one).node, without.node);
    EXPECT_EQ(kept(without, one).gossip, std::nullopt);
    EXPECT_EQ(kept(one, without).gossip, one.gossip);
    const config live = loaded(edited("overlays:", "gossip: {seeds: [192.0.2.2], keys: /l}\noverlays:"));
    EXPECT_EQ(kept(one, live).gossip, live.gossip);
    const config other = loaded(edited("overlays:",
                                       "gossip: {seeds: [192.0.2.2], keys: /l, port: 7, advertise: "
                                       "192.0.2.1}\noverlays:"));
    gossip expected = *one.gossip;
    expected.keys = "/l";
    EXPECT_EQ(kept(one, other).gossip, expected);
    EXPECT_TRUE(compare(one, kept(one, other)).node.empty());
}

TEST(difference, parts) {
    const difference what = compare(loaded(good_file), loaded(edited("name: web", "name: www")));
    EXPECT_FALSE(what.needs_restart());
    ASSERT_EQ(what.endpoints.added.size(), 1U);
    ASSERT_EQ(what.endpoints.removed.size(), 1U);
    EXPECT_TRUE(what.endpoints.changed.empty());
    EXPECT_EQ(what.endpoints.added[0].name, "www");
    EXPECT_EQ(what.endpoints.removed[0].name, "web");
}

}  // namespace
}  // namespace waggle::config
