#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

using endpoint = dataplane_fixture::endpoint;

const mac_address nobody_mac;
const mac_address everyone = mac_address::broadcast();

bytes arp_frame(const mac_address& destination, std::uint16_t operation, const mac_address& sender_mac,
                const ip_address& sender, const mac_address& target_mac, const ip_address& target) {
    return ethernet(destination, sender_mac, 0x0806, arp(operation, sender_mac, sender, target_mac, target));
}
bytes arp_request(const endpoint& asker, const ip_address& target) {
    return arp_frame(everyone, 1, asker.mac, asker.v4, nobody_mac, target);
}
bytes arp_probe(const endpoint& asker, const ip_address& target) {
    return arp_frame(everyone, 1, asker.mac, ip("0.0.0.0"), nobody_mac, target);
}
bytes arp_reply(const endpoint& to, const ip_address& to_ip, const endpoint& owner) {
    return arp_frame(to.mac, 2, owner.mac, owner.v4, to.mac, to_ip);
}

bytes solicitation(const endpoint& asker, const ip_address& source, const ip_address& target) {
    const ip_address group = solicited_node(target);
    return ethernet(multicast_mac(group), asker.mac, 0x86dd,
                    neighbour_solicitation(asker.mac, source, group, target));
}
bytes unicast_solicitation(const endpoint& asker, const mac_address& to, const ip_address& target) {
    return ethernet(to, asker.mac, 0x86dd, neighbour_solicitation(asker.mac, asker.v6, target, target));
}
bytes advertisement(const endpoint& to, const endpoint& owner) {
    return ethernet(to.mac, owner.mac, 0x86dd,
                    neighbour_advertisement(owner.v6, to.v6, 0x60, owner.v6, owner.mac));
}
const ip_address all_nodes = ip("ff02::1");
bytes advertisement_to_all(const endpoint& owner) {
    return ethernet(multicast_mac(all_nodes), owner.mac, 0x86dd,
                    neighbour_advertisement(owner.v6, all_nodes, 0x20, owner.v6, owner.mac));
}

bytes with_byte(bytes packet, std::size_t at, std::uint8_t value) {
    packet.at(at) = value;
    return packet;
}

/// What must happen to a question of local_a on port 1 of `red`.
struct neighbour_case {
    std::string description;
    bytes in;
    /// Reason, or empty: one frame leaves.
    std::string reason;
    port_index port = 0;
    /// Empty: `in`, tunnelled to v4_peer if `port` is the underlay's.
    bytes out{};
    bool answered = false;
};

void run(const std::vector<neighbour_case>& cases) {
    for (const neighbour_case& c : cases) {
        SCOPED_TRACE(c.description);
        dataplane_fixture host;
        // A second endpoint on port 1, and one whose place is not known yet.
        host.writer.upsert_forwarding(host.red, mac("02:00:00:00:00:0c"), forwarding_value::local(1));
        for (const char* address : {"10.1.0.12", "fd00::c"})
            host.writer.upsert_neighbour(host.red, ip(address), mac("02:00:00:00:00:0c"));
        for (const char* address : {"10.1.0.13", "fd00::d"})
            host.writer.upsert_neighbour(host.red, ip(address), mac("02:00:00:00:00:0d"));
        const auto sent = host.encapsulate(1, host.red, {{c.in}});
        EXPECT_EQ(host.counters(host.red).neighbours_answered.read(), c.answered ? 1U : 0U);
        expect_no_leak(host);
        if (!c.reason.empty()) {
            EXPECT_EQ(host.drops(), (drop_counts{{c.reason, 1}}));
            EXPECT_TRUE(sent.empty());
            continue;
        }
        EXPECT_EQ(host.drops(), drop_counts{});
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].port, c.port);
        if (c.port == dataplane_fixture::underlay)
            expect_tunnelled(host, sent[0], host.peer_v4, 7000, c.in);
        else
            expect_bytes(sent[0].content, c.out.empty() ? c.in : c.out);
    }
}

// RFC 826; RFC 5227 for probes and announcements.
TEST(neighbours, arp) {
    const dataplane_fixture names;
    const auto& a = names.local_a;
    const auto& b = names.local_b;
    const auto& far = names.remote_4;
    const ip_address none = ip("0.0.0.0");
    const mac_address unknown = mac("02:00:00:00:00:99");
    const bytes request = arp_request(a, far.v4);
    run({
        {"remote: answered from the table", request, "", 1, arp_reply(a, a.v4, far), true},
        {"remote, padded as by a NIC", concatenated({request, bytes(18, 0)}), "", 1, arp_reply(a, a.v4, far),
         true},
        {"probe for an address that is taken: answered", arp_probe(a, far.v4), "", 1, arp_reply(a, none, far),
         true},
        {"unicast check of a remote: answered", arp_frame(far.mac, 1, a.mac, a.v4, far.mac, far.v4), "", 1,
         arp_reply(a, a.v4, far), true},
        {"unicast check by an old MAC: answered with the new one",
         arp_frame(unknown, 1, a.mac, a.v4, unknown, far.v4), "", 1, arp_reply(a, a.v4, far), true},
        {"on another port: asks the owner", arp_request(a, b.v4), "", 2},
        {"probe for an owner on another port", arp_probe(a, b.v4), "", 2},
        {"unicast check on another port", arp_frame(b.mac, 1, a.mac, a.v4, b.mac, b.v4), "", 2},
        {"on the same port: it has heard it", arp_request(a, ip("10.1.0.12")), "neighbour_local"},
        {"probe for its own address", arp_probe(a, a.v4), "neighbour_local"},
        {"own address asked from another address",
         arp_frame(everyone, 1, a.mac, ip("10.1.0.200"), nobody_mac, a.v4), "neighbour_local"},
        {"gratuitous request", arp_request(a, a.v4), "neighbour_local"},
        {"gratuitous reply", arp_frame(everyone, 2, a.mac, a.v4, everyone, a.v4), "neighbour_local"},
        {"reply to everyone", arp_frame(everyone, 2, a.mac, a.v4, far.mac, far.v4), "neighbour_local"},
        {"nobody announced it", arp_request(a, ip("10.1.0.99")), "neighbour_unknown"},
        {"probe for a free address", arp_probe(a, ip("10.1.0.99")), "neighbour_unknown"},
        {"owner without a place", arp_request(a, ip("10.1.0.13")), "neighbour_unknown"},
        {"unicast to a known MAC, address unknown: ordinary traffic",
         arp_frame(far.mac, 1, a.mac, a.v4, far.mac, ip("10.1.0.99")), "", 0},
        {"unicast to an unknown MAC, address unknown",
         arp_frame(unknown, 1, a.mac, a.v4, unknown, ip("10.1.0.99")), "unknown_destination"},
        {"unicast reply: ordinary traffic", arp_frame(far.mac, 2, a.mac, a.v4, far.mac, far.v4), "", 0},
        {"cut short", bytes(request.begin(), request.end() - 1), "neighbour_invalid"},
        {"hardware type", with_byte(request, 15, 6), "neighbour_invalid"},
        {"protocol type", with_byte(request, 16, 0x86), "neighbour_invalid"},
        {"hardware length", with_byte(request, 18, 8), "neighbour_invalid"},
        {"protocol length", with_byte(request, 19, 16), "neighbour_invalid"},
        {"operation 3", with_byte(request, 21, 3), "neighbour_invalid"},
        {"multicast sender", with_byte(request, 22, 1), "neighbour_invalid"},
    });
}

// RFC 4861 sections 7.1.1 and 7.2.4, RFC 4862 section 5.4.
TEST(neighbours, neighbour_discovery) {
    const dataplane_fixture names;
    const auto& a = names.local_a;
    const auto& b = names.local_b;
    const auto& far = names.remote_4;
    const ip_address unspecified;
    const ip_address unknown = ip("fd00::99");
    const mac_address unknown_mac = mac("02:00:00:00:00:99");
    const bytes request = solicitation(a, a.v6, far.v6);
    const bytes other_icmp =
        ethernet(far.mac, a.mac, 0x86dd,
                 ipv6(a.v6, far.v6, 58, icmp_v6(a.v6, far.v6, 128, 0, 0x0001'0001, pattern(56))));
    const bytes router_solicitation = ethernet(
        multicast_mac(ip("ff02::2")), a.mac, 0x86dd,
        ipv6(a.v6, ip("ff02::2"), 58, icmp_v6(a.v6, ip("ff02::2"), 133, 0, 0, {}), {.hop_limit = 255}));
    run({
        {"remote: answered from the table", request, "", 1, advertisement(a, far), true},
        {"probe for an address that is taken: all nodes hear of it", solicitation(a, unspecified, far.v6), "",
         1, advertisement_to_all(far), true},
        {"unicast check of a remote: answered", unicast_solicitation(a, far.mac, far.v6), "", 1,
         advertisement(a, far), true},
        {"on another port: asks the owner", solicitation(a, a.v6, b.v6), "", 2},
        {"probe for an owner on another port", solicitation(a, unspecified, b.v6), "", 2},
        {"unicast check on another port", unicast_solicitation(a, b.mac, b.v6), "", 2},
        {"on the same port: it has heard it", solicitation(a, a.v6, ip("fd00::c")), "neighbour_local"},
        {"probe for its own address", solicitation(a, unspecified, a.v6), "neighbour_local"},
        {"unsolicited advertisement", advertisement_to_all(a), "neighbour_local"},
        {"nobody announced it", solicitation(a, a.v6, unknown), "neighbour_unknown"},
        {"probe for a free address", solicitation(a, unspecified, unknown), "neighbour_unknown"},
        {"owner without a place", solicitation(a, a.v6, ip("fd00::d")), "neighbour_unknown"},
        {"unicast to a known MAC, address unknown: ordinary traffic",
         unicast_solicitation(a, far.mac, unknown), "", 0},
        {"unicast to an unknown MAC, address unknown", unicast_solicitation(a, unknown_mac, unknown),
         "unknown_destination"},
        {"unicast advertisement: ordinary traffic", advertisement(far, a), "", 0},
        {"echo request: ordinary traffic", other_icmp, "", 0},
        {"router solicitation: multicast", router_solicitation, "multicast"},
        {"wrong checksum", with_byte(request, 80, 0xee), "neighbour_invalid"},
        {"hop limit 254: came through a router", with_byte(request, 21, 254), "neighbour_invalid"},
        {"code 1", with_byte(request, 55, 1), "neighbour_invalid"},
        {"option of length 0", with_byte(request, 79, 0), "neighbour_invalid"},
    });
}

TEST(neighbours, ignores_the_checksum_of_a_solicitation_that_the_kernel_left_open) {
    dataplane_fixture host;
    bytes request = solicitation(host.local_a, host.local_a.v6, host.remote_4.v6);
    request[56] = request[57] = 0x11;
    const packet_offload open{.checksum_start = 54, .checksum_offset = 2, .partial_checksum = 1};
    const auto sent = host.encapsulate(1, host.red, {{request, open}});
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_FALSE(sent[0].offload_pending);
    expect_bytes(sent[0].content, advertisement(host.local_a, host.remote_4));
}

TEST(neighbours, answers_a_solicitation_without_room_behind_it) {
    dataplane_fixture host;
    // The probe carries no option, the answer does: the packet grows by 8 bytes.
    const bytes probe = solicitation(host.local_a, ip_address(), host.remote_4.v6);
    for (const unsigned tailroom : {0U, 7U, 8U, 100U}) {
        rte_mbuf* packet = host.pool.packet(probe, 8, static_cast<std::uint16_t>(tailroom));
        encapsulate(host.context, 1, host.red, &packet, 1);
    }
    const auto sent = host.encapsulate(1, host.red, {});
    ASSERT_EQ(sent.size(), 4U);
    for (const sent_frame& frame : sent) expect_bytes(frame.content, advertisement_to_all(host.remote_4));
}

TEST(neighbours, answers_from_the_table_of_the_overlay) {
    dataplane_fixture host;
    host.writer.erase_neighbour(host.blue, host.remote_4.v4);
    const bytes request = arp_request(host.local_a, host.remote_4.v4);
    EXPECT_EQ(host.encapsulate(1, host.red, {{request}}).size(), 1U);
    EXPECT_EQ(host.counters(host.red).neighbours_answered.read(), 1U);
    host.encapsulate(3, host.blue, {{request}});
    EXPECT_EQ(host.counters(host.blue).neighbours_answered.read(), 0U);
}

TEST(neighbours, floods_what_the_table_does_not_know_where_the_overlay_floods) {
    const dataplane_fixture names;
    const auto& a = names.local_a;
    for (const bytes& frame : {arp_request(a, ip("10.1.0.99")), arp_request(a, a.v4),
                               solicitation(a, a.v6, ip("fd00::99")), advertisement_to_all(a)}) {
        dataplane_fixture host;
        const auto sent = host.encapsulate(3, host.blue, {{frame}});
        // Port 4, v4_peer, v6_peer; lost_peer has no way.
        EXPECT_EQ(sent.size(), 3U);
        EXPECT_EQ(host.drops(), (drop_counts{{"vtep_unreachable", 1}}));
    }
    dataplane_fixture host;
    const auto sent = host.encapsulate(3, host.blue, {{arp_request(a, host.remote_4.v4)}});
    ASSERT_EQ(sent.size(), 1U);
    expect_bytes(sent[0].content, arp_reply(a, a.v4, host.remote_4));
}

}  // namespace
}  // namespace waggle::test
