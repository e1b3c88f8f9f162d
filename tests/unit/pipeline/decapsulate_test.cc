#include "dataplane/packet/outer_packet.hh"
#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

TEST(decapsulate, takes_each_inner_family_out_of_each_outer_family) {
    for (const int family : {4, 6}) {
        for (const bool outer_v4 : {true, false}) {
            for (const checksum sum : {checksum::zero, checksum::full}) {
                SCOPED_TRACE(testing::Message()
                             << "inner IPv" << family << ", outer IPv" << (outer_v4 ? 4 : 6)
                             << (sum == checksum::zero ? ", no" : ", with") << " checksum");
                dataplane_fixture host;
                const bytes frame = udp_frame(host.remote_4, host.local_a, family);
                outer_fields outer = host.from_peer(outer_v4 ? host.peer_v4 : host.peer_v6);
                outer.sum = sum;
                const auto sent = host.decapsulate({{tunnelled(outer, 7000, frame)}});
                ASSERT_EQ(sent.size(), 1U);
                EXPECT_EQ(sent[0].port, 1);
                expect_bytes(sent[0].content, frame);
                EXPECT_EQ(host.counters(host.red).decapsulated_packets.read(), 1U);
                EXPECT_EQ(host.counters(host.red).decapsulated_bytes.read(), frame.size());
                EXPECT_EQ(host.drops(), drop_counts{});
                expect_no_leak(host);
            }
        }
    }
}

TEST(decapsulate, keeps_overlays_apart) {
    dataplane_fixture host;
    const bytes frame = udp_frame(host.remote_4, host.local_a);
    const outer_fields outer = host.from_peer(host.peer_v4);
    const auto sent = host.decapsulate(
        {{tunnelled(outer, 7000, frame)}, {tunnelled(outer, 8000, frame)}, {tunnelled(outer, 7000, frame)}});
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[0].port, 1);
    EXPECT_EQ(sent[1].port, 1);
    EXPECT_EQ(sent[2].port, 3);
    EXPECT_EQ(host.counters(host.red).decapsulated_packets.read(), 2U);
    EXPECT_EQ(host.counters(host.blue).decapsulated_packets.read(), 1U);
    EXPECT_EQ(host.counters(host.red).decapsulated_bytes.read(), 2 * frame.size());
}

TEST(decapsulate, takes_ipv4_options_and_cuts_off_ethernet_padding) {
    dataplane_fixture host;
    const bytes frame = udp_frame(host.remote_4, host.local_a);
    const bytes datagram = udp(host.peer_v4, host.own_v4, 50000, 4789, vxlan(7000, frame), checksum::zero);
    const bytes padding(7, 0xee);
    const bytes packet =
        concatenated({ethernet(host.own_mac, host.peer_mac, 0x0800,
                               ipv4(host.peer_v4, host.own_v4, 17, datagram, {.options = {0x94, 4, 0, 0}})),
                      padding});
    const auto sent = host.decapsulate({{packet}});
    ASSERT_EQ(sent.size(), 1U);
    expect_bytes(sent[0].content, frame);
}

// RFC 7348 section 5: reserved fields are ignored on receipt.
TEST(decapsulate, ignores_reserved_vxlan_fields) {
    dataplane_fixture host;
    const bytes frame = udp_frame(host.remote_4, host.local_a);
    bytes packet = tunnelled(host.from_peer(host.peer_v4), 7000, frame);
    for (const std::size_t at : {43U, 44U, 45U, 49U}) packet[at] = 0xff;
    packet[42] = 0xff;
    const auto sent = host.decapsulate({{packet}});
    ASSERT_EQ(sent.size(), 1U);
    expect_bytes(sent[0].content, frame);
}

TEST(decapsulate, listens_on_the_configured_port) {
    dataplane_fixture host;
    host.context.udp_port = be16(8472);
    outer_fields outer = host.from_peer(host.peer_v4);
    const bytes frame = udp_frame(host.remote_4, host.local_a);
    EXPECT_TRUE(host.decapsulate({{tunnelled(outer, 7000, frame)}}).empty());
    outer.destination_port = 8472;
    EXPECT_EQ(host.decapsulate({{tunnelled(outer, 7000, frame)}}).size(), 1U);
    EXPECT_EQ(host.drops(), (drop_counts{{"not_vxlan", 1}}));
}

/// The packet with one byte changed, and the outer IPv4 checksum right again.
bytes with_byte(bytes packet, std::size_t at, std::uint8_t value) {
    packet.at(at) = value;
    packet[24] = packet[25] = 0;
    const std::uint16_t sum = internet_checksum(std::span(packet).subspan(14, 20));
    packet[24] = static_cast<std::uint8_t>(sum >> 8);
    packet[25] = static_cast<std::uint8_t>(sum);
    return packet;
}

TEST(decapsulate, drops_with_one_named_reason) {
    const dataplane_fixture names;
    const auto& a = names.local_a;
    const auto& far = names.remote_4;
    const outer_fields v4 = names.from_peer(names.peer_v4);
    const outer_fields v6 = names.from_peer(names.peer_v6);
    const bytes inner = udp_packet(far.v4, a.v4);
    const bytes frame = ethernet(a.mac, far.mac, 0x0800, inner);
    const bytes good = tunnelled(v4, 7000, frame);
    const bytes good_v6 = tunnelled(v6, 7000, frame);
    const auto changed = [](outer_fields outer, auto&& change) {
        change(outer);
        return outer;
    };
    const auto in_outer = [&](const bytes& payload, const outer_fields& outer) {
        return ethernet(outer.destination_mac, outer.source_mac, 0x0800,
                        ipv4(outer.source, outer.destination, 17,
                             udp(outer.source, outer.destination, 50000, 4789, payload, checksum::zero)));
    };
    const mac_address group = mac("33:33:00:00:00:01");
    bytes bad_sum = good;
    bad_sum[24] ^= 0x40;
    bytes no_flag = good;
    no_flag[42] = 0xf7;
    const bytes fragment_v6 = ethernet(
        names.own_mac, names.peer_mac, 0x86dd,
        ipv6(names.peer_v6, names.own_v6, 44, concatenated({{17, 0, 0, 1, 0, 0, 0, 9}, pattern(64)})));
    const std::vector<drop_case> cases{
        {"empty", {bytes{}}, "outer_malformed"},
        {"IPv4 header cut short", {bytes(good.begin(), good.begin() + 33)}, "outer_malformed"},
        {"IPv4 header length 16", {with_byte(good, 14, 0x44)}, "outer_malformed"},
        {"IPv4 length beyond the packet", {bytes(good.begin(), good.end() - 1)}, "outer_malformed"},
        {"UDP length beyond the IPv4 packet", {with_byte(good, 38, 0x7f)}, "outer_malformed"},
        {"IPv6 length beyond the packet", {bytes(good_v6.begin(), good_v6.end() - 1)}, "outer_malformed"},
        {"wrong IPv4 checksum", {bad_sum}, "outer_checksum"},
        {"first fragment",
         {tunnelled(changed(v4, [](outer_fields& o) { o.fragment = 0x2000; }), 7000, frame)},
         "outer_fragment"},
        {"later fragment",
         {tunnelled(changed(v4, [](outer_fields& o) { o.fragment = 100; }), 7000, frame)},
         "outer_fragment"},
        {"IPv6 fragment", {fragment_v6}, "outer_fragment"},
        {"another IPv4 destination",
         {tunnelled(changed(v4, [](outer_fields& o) { o.destination = ip("192.0.2.77"); }), 7000, frame)},
         "not_for_us"},
        {"another IPv6 destination",
         {tunnelled(changed(v6, [](outer_fields& o) { o.destination = ip("2001:db8::77"); }), 7000, frame)},
         "not_for_us"},
        {"another UDP port",
         {tunnelled(changed(v4, [](outer_fields& o) { o.destination_port = 53; }), 7000, frame)},
         "not_vxlan"},
        {"TCP",
         {ethernet(names.own_mac, names.peer_mac, 0x0800,
                   ipv4(names.peer_v4, names.own_v4, 6, tcp(names.peer_v4, names.own_v4, 1, 2, {})))},
         "not_vxlan"},
        {"ARP of the underlay",
         {ethernet(mac_address::broadcast(), names.peer_mac, 0x0806,
                   arp(1, names.peer_mac, names.peer_v4, mac_address(), names.own_v4))},
         "not_vxlan"},
        {"no room for a VXLAN header", {in_outer(pattern(7), v4)}, "vxlan_truncated"},
        {"I flag not set", {no_flag}, "vxlan_flags"},
        {"unknown VNI", {tunnelled(v4, 7001, frame)}, "unknown_vni"},
        {"VNI with the same low bits", {tunnelled(v4, 7000 + (1 << 16), frame)}, "unknown_vni"},
        {"sender that is no VTEP of the overlay",
         {tunnelled(changed(v4, [](outer_fields& o) { o.source = ip("192.0.2.66"); }), 7000, frame)},
         "unknown_vtep"},
        {"IPv6 sender that is no VTEP of the overlay",
         {tunnelled(changed(v6, [](outer_fields& o) { o.source = ip("2001:db8::66"); }), 7000, frame)},
         "unknown_vtep"},
        {"no frame", {tunnelled(v4, 7000, {})}, "inner_runt"},
        {"13 bytes of frame", {tunnelled(v4, 7000, bytes(13, 2))}, "inner_runt"},
        {"tagged frame",
         {tunnelled(v4, 7000, tagged_ethernet(a.mac, far.mac, 0x0800, inner))},
         "inner_tagged"},
        {"multicast source",
         {tunnelled(v4, 7000, ethernet(a.mac, group, 0x0800, inner))},
         "inner_invalid_source_mac"},
        {"source zero",
         {tunnelled(v4, 7000, ethernet(a.mac, mac_address(), 0x0800, inner))},
         "inner_invalid_source_mac"},
        {"for another host", {tunnelled(v4, 7000, ethernet(far.mac, a.mac, 0x0800, inner))}, "not_local"},
        {"broadcast",
         {tunnelled(v4, 7000, ethernet(mac_address::broadcast(), far.mac, 0x0800, inner))},
         "received_broadcast"},
        {"multicast", {tunnelled(v4, 7000, ethernet(group, far.mac, 0x0800, inner))}, "received_multicast"},
        {"nobody announced it",
         {tunnelled(v4, 7000, ethernet(mac("02:00:00:00:00:99"), far.mac, 0x0800, inner))},
         "received_unknown"},
    };
    for (const drop_case& c : cases) {
        SCOPED_TRACE(c.description);
        dataplane_fixture host;
        const auto sent = host.decapsulate({{good}, c.in, {good_v6}});
        EXPECT_EQ(host.drops(), (drop_counts{{c.reason, 1}}));
        ASSERT_EQ(sent.size(), 2U);
        expect_bytes(sent[0].content, frame);
        expect_bytes(sent[1].content, frame);
        expect_no_leak(host);
    }
}

TEST(decapsulate, drops_of_members_of_other_overlays) {
    dataplane_fixture host;
    host.writer.remove_member(host.red, host.v4_peer);
    host.writer.commit();
    const bytes frame = udp_frame(host.remote_4, host.local_a);
    const outer_fields outer = host.from_peer(host.peer_v4);
    const auto sent = host.decapsulate({{tunnelled(outer, 8000, frame)}, {tunnelled(outer, 7000, frame)}});
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].port, 3);
    EXPECT_EQ(host.drops(), (drop_counts{{"unknown_vtep", 1}}));
}

// The common packet is recognised by a few wide loads: they must say what the parser says, whatever bit
// differs.
TEST(decapsulate, agrees_with_the_parser_on_every_bit_of_the_outer_headers) {
    dataplane_fixture host;
    const bytes good = tunnelled(host.from_peer(host.peer_v4), 7000, udp_frame(host.remote_4, host.local_a));
    unsigned arrived = 0;
    for (unsigned bit = 0; bit < 50 * 8; ++bit) {
        for (const bool right_checksum : {false, true}) {
            SCOPED_TRACE(testing::Message() << "byte " << bit / 8 << ", bit " << bit % 8);
            bytes packet = good;
            packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ 1U << bit % 8);
            if (right_checksum) {
                packet[24] = packet[25] = 0;
                const be16 sum = checksum_finish(checksum_add(packet.data() + 14, 20));
                std::memcpy(&packet[24], &sum, sizeof sum);
            }
            const outer_packet parsed = parse_outer_packet(packet.data(), packet.size());
            const bool ours = parsed.verdict == outer_verdict::udp && parsed.destination() == host.own_v4 &&
                              parsed.destination_port == be16(4789) && parsed.source() == host.peer_v4 &&
                              parsed.payload_length >= 22 && (packet[42] & 8) != 0 &&
                              std::equal(good.begin() + 46, good.begin() + 49, packet.begin() + 46);
            // Congestion on a frame that can't be told of it (RFC 6040 section 4.2).
            const bool congested = ours && (parsed.tos & 3) == 3;
            const auto sent = host.decapsulate({{packet}});
            EXPECT_EQ(sent.size(), ours && !congested ? 1U : 0U);
            arrived += static_cast<unsigned>(sent.size());
        }
    }
    // What differs without harm: MAC addresses, DSCP, id, DF, TTL, source port, the UDP checksum, reserved
    // fields.
    EXPECT_GT(arrived, 300U);
    expect_no_leak(host);
}

TEST(decapsulate, takes_packets_with_something_behind_the_datagram) {
    dataplane_fixture host;
    const bytes frame = udp_frame(host.remote_4, host.local_a);
    const bytes packet = tunnelled(host.from_peer(host.peer_v4), 7000, frame);
    for (const std::size_t padding : {0U, 1U, 6U, 200U}) {
        const auto sent = host.decapsulate({{concatenated({packet, bytes(padding, 0xee)})}});
        ASSERT_EQ(sent.size(), 1U);
        expect_bytes(sent[0].content, frame);
    }
    host.context.vtep_v4.reset();
    EXPECT_TRUE(host.decapsulate({{packet}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"not_for_us", 1}}));
}

// Who may send is not only asked for once: the answer of an earlier burst ends with the membership.
TEST(decapsulate, notices_when_a_sender_stops_to_be_a_member) {
    dataplane_fixture host;
    const bytes frame = udp_frame(host.remote_4, host.local_a);
    for (const ip_address& peer : {host.peer_v4, host.peer_v6}) {
        SCOPED_TRACE(peer.to_string());
        const vtep_index vtep = peer.is_v4() ? host.v4_peer : host.v6_peer;
        const bytes on_red = tunnelled(host.from_peer(peer), 7000, frame);
        const bytes on_blue = tunnelled(host.from_peer(peer), 8000, frame);
        const auto arrived = [&](const bytes& packet) { return host.decapsulate({{packet}}).size(); };
        for (int round = 0; round < 2; ++round) {
            EXPECT_EQ(arrived(on_red) + arrived(on_red) + arrived(on_blue), 3U);
            host.writer.remove_member(host.red, vtep);
            EXPECT_EQ(arrived(on_red) + arrived(on_red), 0U);
            EXPECT_EQ(arrived(on_blue), 1U);
            host.writer.add_member(host.red, vtep);
        }
    }
    EXPECT_EQ(host.drops(), (drop_counts{{"unknown_vtep", 8}}));
}

TEST(decapsulate, gives_the_kernel_what_is_not_ours) {
    dataplane_fixture host;
    outer_fields elsewhere = host.from_peer(host.peer_v4);
    elsewhere.destination = ip("192.0.2.77");
    outer_fields other_port = host.from_peer(host.peer_v4);
    other_port.destination_port = 53;
    outer_fields fragment = host.from_peer(host.peer_v4);
    fragment.fragment = 100;
    const bytes frame = udp_frame(host.remote_4, host.local_a);
    const std::vector<bytes> for_the_kernel{
        ethernet(mac_address::broadcast(), host.peer_mac, 0x0806,
                 arp(1, host.peer_mac, host.peer_v4, mac_address(), host.own_v4)),
        ethernet(
            multicast_mac(solicited_node(host.own_v6)), host.peer_mac, 0x86dd,
            neighbour_solicitation(host.peer_mac, host.peer_v6, solicited_node(host.own_v6), host.own_v6)),
        tunnelled(elsewhere, 7000, frame),
        tunnelled(other_port, 7000, frame),
        tunnelled(fragment, 7000, frame),
    };
    for (const bytes& packet : for_the_kernel) {
        const auto sent = host.decapsulate({{packet}}, dataplane_fixture::exception);
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].port, dataplane_fixture::exception);
        expect_bytes(sent[0].content, packet);
    }
    EXPECT_EQ(host.context.no_overlay_counters->to_kernel_packets.read(), for_the_kernel.size());
    EXPECT_EQ(host.drops(), drop_counts{});

    // What is ours stays ours, good or bad.
    EXPECT_TRUE(host.decapsulate({{tunnelled(host.from_peer(host.peer_v4), 7001, frame)}}, 9).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"unknown_vni", 1}}));
    expect_no_leak(host);
}

TEST(decapsulate, drops_chained_packets) {
    dataplane_fixture host;
    rte_mbuf* head = host.pool.packet(
        tunnelled(host.from_peer(host.peer_v4), 7000, udp_frame(host.remote_4, host.local_a)));
    ASSERT_EQ(rte_pktmbuf_chain(head, host.pool.packet(pattern(100))), 0);
    decapsulate(host.context, {.port = 0, .exception = {}}, &head, 1);
    EXPECT_EQ(host.drops(), (drop_counts{{"frame_too_long", 1}}));
    expect_no_leak(host);
}

}  // namespace
}  // namespace waggle::test
