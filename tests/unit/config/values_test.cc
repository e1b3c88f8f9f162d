#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

config loaded(const std::string& text) {
    load_result result = load_text(text, "f");
    if (const auto* problems = std::get_if<std::vector<problem>>(&result)) {
        ADD_FAILURE() << to_string(*problems);
        return {};
    }
    return std::get<config>(std::move(result));
}

ip_address ip(const char* text) {
    return *ip_address::parse(text);
}
ip_prefix prefix(const char* text) {
    return *ip_prefix::parse(text);
}

TEST(values, defaults) {
    const config result = loaded(good_file);
    node expected;
    expected.name = "alpha";
    expected.vtep_v4 = ip("192.0.2.1");
    expected.underlay = {{"wan", packet_underlay{"eth0"}}};
    EXPECT_EQ(result.node, expected);
    EXPECT_EQ(result.node.udp_port, 4789);
    EXPECT_EQ(result.node.worker_count(), 1U);
    EXPECT_EQ(result.node.control_socket(), "/run/waggle/control.sock");

    ASSERT_EQ(result.overlays.size(), 1U);
    EXPECT_EQ(result.overlays[0], (overlay{"blue", *vni::from(100), {prefix("10.1.0.0/24")}, {}, false}));
    ASSERT_EQ(result.peers.size(), 1U);
    EXPECT_EQ(result.peers[0], (peer{"beta", ip("192.0.2.2"), {}, {}}));
    ASSERT_EQ(result.endpoints.size(), 2U);
    EXPECT_EQ(result.endpoints[0], (endpoint{"web",
                                             "blue",
                                             {prefix("10.1.0.2/24")},
                                             *mac_address::parse("02:42:0a:01:00:02"),
                                             "alpha",
                                             container_attachment{namespace_by_name{"web"}, "eth0", {}}}));
    EXPECT_EQ(result.endpoints[1].host, "beta");
    EXPECT_EQ(result.endpoints[1].attached, std::nullopt);
}

TEST(values, every_key_of_the_node) {
    const config result = loaded(R"(node:
  name: alpha-1.example
  vtep: {ipv4: 192.0.2.1, ipv6: "2001:db8::1"}
  udp_port: 8472
  underlay:
    - {name: wan, kind: packet, interface: eth0.100}
    - {name: fast, kind: ethdev, device: "0000:03:00.0,rxq=2", exception_interface: wan0}
  workers: 2
  lcores: [2, 0]
  memory: 64
  hugepages: never
  idle: busy
  runtime_directory: /tmp/run
  state_directory: /tmp/state
)");
    node expected;
    expected.name = "alpha-1.example";
    expected.vtep_v4 = ip("192.0.2.1");
    expected.vtep_v6 = ip("2001:db8::1");
    expected.udp_port = 8472;
    expected.underlay = {{"wan", packet_underlay{"eth0.100"}},
                         {"fast", ethdev_underlay{"0000:03:00.0,rxq=2", "wan0"}}};
    expected.workers = 2;
    expected.lcores = {2, 0};
    expected.memory_megabytes = 64;
    expected.hugepages = hugepage_mode::never;
    expected.idle = idle_mode::busy;
    expected.runtime_directory = "/tmp/run";
    expected.state_directory = "/tmp/state";
    EXPECT_EQ(result.node, expected);
    EXPECT_EQ(result.node.worker_count(), 2U);
    EXPECT_TRUE(result.overlays.empty() && result.peers.empty() && result.endpoints.empty());
}

TEST(values, words_of_hugepages_and_idle) {
    const auto with = [](const std::string& line) {
        return loaded(edited("name: alpha\n", "name: alpha\n  " + line));
    };
    EXPECT_EQ(with("hugepages: automatic\n").node.hugepages, hugepage_mode::automatic);
    EXPECT_EQ(with("hugepages: required\n").node.hugepages, hugepage_mode::required);
    EXPECT_EQ(with("idle: adaptive\n").node.idle, idle_mode::adaptive);
}

TEST(values, every_key_of_overlays_and_peers) {
    const config result = loaded(R"(node:
  name: alpha
  vtep: {ipv4: 192.0.2.1, ipv6: "2001:db8::1"}
  underlay: [{name: wan, kind: packet, interface: eth0}]
overlays:
  - {name: blue, vni: 16777215, subnets: [10.1.0.0/16, 10.2.0.0/30, "fd00::/126"], mtu: 1280, flood: true}
  - {name: red, vni: 1, subnets: [10.1.0.0/16], mtu: 576, flood: false}
  - {name: big, vni: 2, subnets: ["2001:db8::/32"], mtu: 65465}
peers:
  - {name: beta, vtep: {ipv4: 192.0.2.2, ipv6: "2001:db8::2"}, overlays: [red, big]}
  - {name: gamma, vtep: {ipv6: "2001:db8::3"}, overlays: []}
)");
    ASSERT_EQ(result.overlays.size(), 3U);
    EXPECT_EQ(result.overlays[0],
              (overlay{"blue",
                       *vni::from(16777215),
                       {prefix("10.1.0.0/16"), prefix("10.2.0.0/30"), prefix("fd00::/126")},
                       std::uint16_t{1280},
                       true}));
    EXPECT_EQ(result.overlays[1].mtu, 576);
    EXPECT_FALSE(result.overlays[1].flood);
    EXPECT_EQ(result.overlays[2].mtu, 65465);
    ASSERT_EQ(result.peers.size(), 2U);
    EXPECT_EQ(result.peers[0],
              (peer{"beta", ip("192.0.2.2"), ip("2001:db8::2"), std::vector<std::string>{"red", "big"}}));
    EXPECT_EQ(result.peers[1].overlays, std::vector<std::string>{});
}

TEST(values, every_key_of_endpoints) {
    const config result = loaded(R"(node:
  name: alpha
  vtep: {ipv4: 192.0.2.1}
  underlay: [{name: wan, kind: packet, interface: eth0}]
overlays:
  - {name: blue, vni: 1, subnets: [10.1.0.0/16, "fd00::/64"]}
peers:
  - {name: beta, vtep: {ipv4: 192.0.2.2}, overlays: [blue]}
endpoints:
  - name: by-path
    overlay: blue
    addresses: ["fd00::2/64", 10.1.0.2/16]
    host: alpha
    attachment:
      kind: container
      path: /proc/7/ns/net
      interface: net1
      routes: [{to: 0.0.0.0/0, via: 10.1.0.1}, {to: 10.9.0.0/16}, {to: "::/0", via: "fd00::1"}]
  - {name: by-pid, overlay: blue, addresses: [10.1.0.3], attachment: {kind: container, pid: 4194304}}
  - {name: vhost, overlay: blue, addresses: [10.1.0.4], attachment: {kind: vhost-user, socket: /s, queues: 4}}
  - {name: vhost1, overlay: blue, addresses: [10.1.0.5], attachment: {kind: vhost-user, socket: /s1}}
  - {name: memif, overlay: blue, addresses: [10.1.0.6], attachment: {kind: memif, socket: /m}}
  - {name: memif7, overlay: blue, addresses: [10.1.0.7], attachment: {kind: memif, socket: /m, id: 7}}
  - {name: device, overlay: blue, addresses: [10.1.0.8], attachment: {kind: ethdev, device: net_null0}}
  - {name: only6, overlay: blue, addresses: ["fd00::9"], mac: 0A:00:00:00:00:0F, host: beta}
)");
    ASSERT_EQ(result.endpoints.size(), 8U);
    const endpoint& first = result.endpoints[0];
    EXPECT_EQ(first.addresses, (std::vector<ip_prefix>{prefix("fd00::2/64"), prefix("10.1.0.2/16")}));
    EXPECT_EQ(first.mac.to_string(), "02:42:0a:01:00:02");
    EXPECT_EQ(first.attached, attachment(container_attachment{namespace_by_path{"/proc/7/ns/net"},
                                                              "net1",
                                                              {{prefix("0.0.0.0/0"), ip("10.1.0.1")},
                                                               {prefix("10.9.0.0/16"), {}},
                                                               {prefix("::/0"), ip("fd00::1")}}}));
    EXPECT_EQ(result.endpoints[1].attached,
              attachment(container_attachment{namespace_by_pid{4194304}, "eth0", {}}));
    EXPECT_EQ(result.endpoints[2].attached, attachment(vhost_user_attachment{"/s", 4}));
    EXPECT_EQ(result.endpoints[3].attached, attachment(vhost_user_attachment{"/s1", 1}));
    EXPECT_EQ(result.endpoints[4].attached, attachment(memif_attachment{"/m", 0}));
    EXPECT_EQ(result.endpoints[5].attached, attachment(memif_attachment{"/m", 7}));
    EXPECT_EQ(result.endpoints[6].attached, attachment(ethdev_attachment{"net_null0"}));
    EXPECT_EQ(result.endpoints[7].mac.to_string(), "0a:00:00:00:00:0f");
}

TEST(values, overlays_may_overlap_each_other) {
    const config result = loaded(edited("peers:\n",
                                        "  - {name: red, vni: 101, subnets: [10.1.0.0/16]}\n"
                                        "peers:\n") +
                                 "  - {name: red-web, overlay: red, addresses: [10.1.0.2], host: beta}\n");
    ASSERT_EQ(result.endpoints.size(), 3U);
    EXPECT_EQ(result.endpoints[0].mac, result.endpoints[2].mac);
    EXPECT_EQ(result.endpoints[2].addresses[0], prefix("10.1.0.2/16"));
}

/// Addresses are not checked against subnets that are wrong themselves: one mistake, one message.
TEST(values, wrong_subnets_are_reported_once) {
    EXPECT_EQ(
        problems_of(edited("10.1.0.0/24", "10.1.0.0/40")),
        "f:6:38: overlays[0].subnets[0]: is '10.1.0.0/40'; allowed: a unicast subnet such as 10.1.0.0/24 or "
        "fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not loopback or link-local");
}

TEST(values, ten_thousand_endpoints) {
    std::string text = R"(node:
  name: alpha
  vtep: {ipv4: 192.0.2.1}
  underlay: [{name: wan, kind: packet, interface: eth0}]
overlays: [{name: blue, vni: 100, subnets: [10.0.0.0/8]}]
peers: [{name: beta, vtep: {ipv4: 192.0.2.2}}]
endpoints:
)";
    for (int i = 1; i <= 10'000; ++i) {
        const std::string address = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
        text += "  - {name: e" + std::to_string(i) + ", overlay: blue, addresses: [" + address + "], ";
        text += i % 2 == 0 ? "host: beta}\n"
                           : "attachment: {kind: container, namespace: e" + std::to_string(i) + "}}\n";
    }
    const config result = loaded(text);
    ASSERT_EQ(result.endpoints.size(), 10'000U);
    EXPECT_EQ(result.endpoints.back().addresses[0], prefix("10.1.40.1/8"));
    EXPECT_EQ(problems_of(text + "  - {name: e9999, overlay: blue, addresses: [10.2.0.1], host: beta}\n"),
              "f:10008:12: endpoints[10000].name: 'e9999' is already used by another endpoint (line 10006); "
              "allowed: a name of its own for each endpoint");
}

}  // namespace
}  // namespace waggle::config
