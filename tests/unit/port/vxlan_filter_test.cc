#include "dataplane/port/vxlan_filter.hh"

#include <rte_mbuf.h>

#include "dataplane/port/network_namespace.hh"
#include "dataplane/port/packet_port.hh"
#include "tests/unit/port/veth_pair.hh"

namespace waggle {
namespace {

using frame = std::vector<std::uint8_t>;

const ip_address vtep_v4 = ip_address::parse("192.0.2.1").value();
const ip_address vtep_v6 = ip_address::parse("2001:db8::1").value();

struct filter_case {
    const char* what;
    frame sent;
    bool taken;
};

frame with(frame changed, std::size_t offset, std::uint8_t value) {
    changed[offset] = value;
    return changed;
}

frame tagged(frame untagged) {
    const std::uint8_t tag[] = {0x81, 0x00, 0x00, 0x05};
    untagged.insert(untagged.begin() + 12, tag, tag + 4);
    return untagged;
}

frame with_options(frame plain) {
    // Eight option bytes: the UDP header moves.
    plain[14] = 0x47;
    plain[17] = static_cast<std::uint8_t>(plain[17] + 8);
    plain.insert(plain.begin() + 34, {1, 1, 1, 1, 1, 1, 1, 0});
    return plain;
}

class vxlan_filter_test : public port_test {
protected:
    /// Sends each frame followed by one that is taken for sure, so that nothing has to be waited for.
    void check(const vxlan_filter_options& filter, const frame& marker,
               const std::vector<filter_case>& cases) {
        std::unique_ptr<packet_port> port;
        {
            const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
            port = expect_ok(packet_port::open("up", "v0", 1, filter, pools()));
        }
        const lab_sniffer sender(_link.there, "v1");
        for (const filter_case& tested : cases) {
            SCOPED_TRACE(tested.what);
            sender.send(tested.sent);
            sender.send(marker);
            const std::size_t expected = tested.taken ? 2 : 1;
            const auto got = receive(*port, static_cast<unsigned>(expected));
            ASSERT_EQ(got.size(), expected);
            EXPECT_EQ(bytes_of(got.front()), tested.taken ? tested.sent : marker);
            EXPECT_EQ(bytes_of(got.back()), marker);
            for (rte_mbuf* packet : got) rte_pktmbuf_free(packet);
        }
    }
    veth_pair _link;
};

TEST_F(vxlan_filter_test, takes_what_is_ours_over_ipv4) {
    const frame good = udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4789, 60);
    const frame marker = udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4789, 61);
    check({.vtep_v4 = vtep_v4, .udp_port = 4789}, marker,
          {{"VXLAN", good, true},
           {"IPv4 options", with_options(good), true},
           {"another port", udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4790, 60), false},
           {"another address", udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.3", 4789, 60), false},
           {"TCP", with(good, 23, 6), false},
           {"ESP", with(good, 23, 50), true},
           {"a fragment of ESP", with(with(good, 23, 50), 20, 0x20), false},
           {"ESP for another address",
            with(udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.3", 4789, 60), 23, 50), false},
           {"ESP in UDP, which is not configured",
            udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4500, 60), false},
           {"another host's frame", udp_v4_frame("02:00:00:00:00:77", "192.0.2.2", "192.0.2.1", 4789, 60),
            false},
           {"broadcast", udp_v4_frame("ff:ff:ff:ff:ff:ff", "192.0.2.2", "192.0.2.1", 4789, 60), false},
           {"VLAN tag", tagged(good), false},
           {"IPv6", udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db8::1", 4789, 60), false},
           {"runt", frame(good.begin(), good.begin() + 30), false}});
}

TEST_F(vxlan_filter_test, takes_what_is_ours_over_ipv6) {
    const frame good = udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db8::1", 8472, 60);
    const frame marker = udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db8::1", 8472, 61);
    check({.vtep_v6 = vtep_v6, .udp_port = 8472}, marker,
          {{"VXLAN", good, true},
           {"another port", udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db8::1", 4789, 60), false},
           {"last word differs", udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db8::3", 8472, 60),
            false},
           {"first word differs", udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db9::1", 8472, 60),
            false},
           {"TCP", with(good, 20, 6), false},
           {"ESP", with(good, 20, 50), true},
           {"IPv4", udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 8472, 60), false}});
}

TEST_F(vxlan_filter_test, takes_esp_in_udp_where_configured) {
    const frame v4 = udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4500, 60);
    const frame v6 = udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db8::1", 4500, 60);
    const frame marker = udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4789, 61);
    check({.vtep_v4 = vtep_v4, .vtep_v6 = vtep_v6, .udp_port = 4789, .esp_udp_port = 4500}, marker,
          {{"IPv4", v4, true},
           {"IPv4 options", with_options(v4), true},
           {"IPv6", v6, true},
           {"another port", udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4501, 60), false}});
}

TEST_F(vxlan_filter_test, takes_both_families) {
    const frame good = udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db8::1", 4789, 60);
    const frame marker = udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4789, 61);
    check({.vtep_v4 = vtep_v4, .vtep_v6 = vtep_v6, .udp_port = 4789}, marker,
          {{"IPv6", good, true},
           {"IPv4", udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4789, 60), true},
           {"ARP", with(good, 13, 0x06), false}});
}

}  // namespace
}  // namespace waggle
