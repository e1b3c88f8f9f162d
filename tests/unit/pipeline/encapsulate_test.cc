#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

TEST(encapsulate, puts_each_inner_family_into_each_outer_family) {
    for (const int family : {4, 6}) {
        for (const bool outer_v4 : {true, false}) {
            SCOPED_TRACE(testing::Message() << "inner IPv" << family << ", outer IPv" << (outer_v4 ? 4 : 6));
            dataplane_fixture host;
            const bytes frame = udp_frame(host.local_a, outer_v4 ? host.remote_4 : host.remote_6, family);
            const auto sent = host.encapsulate(1, host.red, {{frame}});
            ASSERT_EQ(sent.size(), 1U);
            expect_tunnelled(host, sent[0], outer_v4 ? host.peer_v4 : host.peer_v6, 7000, frame);
            EXPECT_EQ(host.counters(host.red).encapsulated_packets.read(), 1U);
            EXPECT_EQ(host.counters(host.red).encapsulated_bytes.read(), frame.size());
            EXPECT_EQ(host.drops(), drop_counts{});
            expect_no_leak(host);
        }
    }
}

TEST(encapsulate, carries_frames_that_are_not_ip) {
    dataplane_fixture host;
    const bytes frame = ethernet(host.remote_4.mac, host.local_a.mac, 0x88b5, pattern(46));
    const auto sent = host.encapsulate(1, host.red, {{frame}});
    ASSERT_EQ(sent.size(), 1U);
    expect_tunnelled(host, sent[0], host.peer_v4, 7000, frame);
}

TEST(encapsulate, uses_the_vni_of_the_overlay_that_the_port_is_in) {
    dataplane_fixture host;
    const bytes frame = udp_frame(host.local_a, host.remote_4);
    const auto sent = host.encapsulate(3, host.blue, {{frame}});
    ASSERT_EQ(sent.size(), 1U);
    expect_tunnelled(host, sent[0], host.peer_v4, 8000, frame);
}

// RFC 7348 section 5: entropy in the source port, in the dynamic range; RFC 6335 names it 49152 to 65535.
TEST(encapsulate, gives_each_flow_one_source_port_and_spreads_flows) {
    dataplane_fixture host;
    std::map<std::uint16_t, int> ports;
    for (std::uint16_t flow = 0; flow < 256; ++flow) {
        const bytes segment =
            udp(host.local_a.v4, host.remote_4.v4, static_cast<std::uint16_t>(1000 + flow), 80, {});
        const bytes frame = ethernet(host.remote_4.mac, host.local_a.mac, 0x0800,
                                     ipv4(host.local_a.v4, host.remote_4.v4, 17, segment));
        const auto sent = host.encapsulate(1, host.red, {{frame}, {frame}});
        ASSERT_EQ(sent.size(), 2U);
        EXPECT_EQ(outer_source_port(sent[0].content), outer_source_port(sent[1].content));
        ++ports[outer_source_port(sent[0].content)];
    }
    EXPECT_GE(ports.begin()->first, 49152);
    EXPECT_GT(ports.size(), 200U);
}

// RFC 6864 section 4.1: DF is clear, so the identification of two packets on their way must differ.
TEST(encapsulate, numbers_outer_ipv4_packets) {
    dataplane_fixture host;
    host.context.next_ip_id = 65534;
    const bytes frame = udp_frame(host.local_a, host.remote_4);
    const auto sent = host.encapsulate(1, host.red, {{frame}, {frame}, {frame}});
    ASSERT_EQ(sent.size(), 3U);
    expect_tunnelled(host, sent[0], host.peer_v4, 7000, frame, 0, 65534);
    expect_tunnelled(host, sent[1], host.peer_v4, 7000, frame, 0, 65535);
    expect_tunnelled(host, sent[2], host.peer_v4, 7000, frame, 0, 0);
}

// RFC 7348 section 4.1: UDP checksum zero over IPv4. RFC 8200 section 8.1: never zero over IPv6.
TEST(encapsulate, leaves_the_udp_checksum_out_over_ipv4_only) {
    dataplane_fixture host;
    const auto sent = host.encapsulate(
        1, host.red, {{udp_frame(host.local_a, host.remote_4)}, {udp_frame(host.local_a, host.remote_6)}});
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(read16(sent[0].content, 40), 0);
    EXPECT_NE(read16(sent[1].content, 60), 0);
}

TEST(encapsulate, hands_frames_between_local_ports_over_unchanged) {
    dataplane_fixture host;
    const bytes frame = udp_frame(host.local_a, host.local_b);
    const auto sent = host.encapsulate(1, host.red, {{frame}});
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].port, 2);
    expect_bytes(sent[0].content, frame);
    EXPECT_EQ(host.counters(host.red).local_packets.read(), 1U);
    EXPECT_EQ(host.counters(host.red).encapsulated_packets.read(), 0U);
}

TEST(encapsulate, carries_a_full_burst_in_order) {
    dataplane_fixture host;
    std::vector<frame_in> frames;
    for (std::size_t i = 0; i < burst_capacity; ++i)
        frames.push_back({udp_frame(host.local_a, i % 3 == 2 ? host.local_b : host.remote_4, 4, i)});
    const auto sent = host.encapsulate(1, host.red, frames);
    ASSERT_EQ(sent.size(), burst_capacity);
    std::size_t last[3] = {0, 0, 0};
    for (const sent_frame& frame : sent) {
        EXPECT_GT(frame.content.size(), last[frame.port]);
        last[frame.port] = frame.content.size();
    }
    expect_no_leak(host);
}

TEST(encapsulate, drops_with_one_named_reason) {
    const dataplane_fixture names;
    const auto& a = names.local_a;
    const auto& far = names.remote_4;
    const bytes good = udp_packet(a.v4, far.v4);
    const mac_address group = mac("01:00:5e:00:00:05");
    const std::vector<drop_case> cases{
        {"empty", {bytes{}}, "runt_frame"},
        {"one byte short of a header", {bytes(13, 2)}, "runt_frame"},
        {"source address zero", {ethernet(far.mac, mac_address(), 0x0800, good)}, "invalid_source_mac"},
        {"source address multicast", {ethernet(far.mac, group, 0x0800, good)}, "invalid_source_mac"},
        {"source address broadcast",
         {ethernet(far.mac, mac_address::broadcast(), 0x0800, good)},
         "invalid_source_mac"},
        {"802.1Q tag", {tagged_ethernet(far.mac, a.mac, 0x0800, good)}, "inner_vlan"},
        {"802.1ad tag", {ethernet(far.mac, a.mac, 0x88a8, pattern(50))}, "inner_vlan"},
        {"checksum outside the frame",
         {ethernet(far.mac, a.mac, 0x0800, good),
          packet_offload{.checksum_start = 60, .checksum_offset = 16, .partial_checksum = 1}},
         "bad_offload"},
        {"TCP segmentation of UDP",
         {ethernet(far.mac, a.mac, 0x0800, good), packet_offload{.checksum_start = 34,
                                                                 .checksum_offset = 6,
                                                                 .segment_size = 8,
                                                                 .kind = segmentation::tcp_v4,
                                                                 .partial_checksum = 1}},
         "bad_offload"},
        {"broadcast", {ethernet(mac_address::broadcast(), a.mac, 0x0800, good)}, "broadcast"},
        {"multicast", {ethernet(group, a.mac, 0x0800, good)}, "multicast"},
        {"nobody announced it",
         {ethernet(mac("02:00:00:00:00:99"), a.mac, 0x0800, good)},
         "unknown_destination"},
        {"destination all zero", {ethernet(mac_address(), a.mac, 0x0800, good)}, "unknown_destination"},
        {"back to the port it came from", {ethernet(a.mac, far.mac, 0x0800, good)}, "hairpin"},
        {"VTEP without a way", {udp_frame(a, names.lost)}, "vtep_unreachable"},
    };
    for (const drop_case& c : cases) {
        SCOPED_TRACE(c.description);
        dataplane_fixture host;
        // Good neighbours in the burst must not suffer.
        const bytes frame = udp_frame(host.local_a, host.remote_4);
        const auto sent = host.encapsulate(1, host.red, {{frame}, c.in, {frame}});
        EXPECT_EQ(host.drops(), (drop_counts{{c.reason, 1}}));
        ASSERT_EQ(sent.size(), 2U);
        expect_tunnelled(host, sent[0], host.peer_v4, 7000, frame, 0, 0);
        expect_tunnelled(host, sent[1], host.peer_v4, 7000, frame, 0, 1);
        expect_no_leak(host);
    }
}

TEST(encapsulate, drops_chained_packets) {
    dataplane_fixture host;
    rte_mbuf* head = host.pool.packet(udp_frame(host.local_a, host.remote_4));
    ASSERT_EQ(rte_pktmbuf_chain(head, host.pool.packet(pattern(100))), 0);
    encapsulate(host.context, 1, host.red, &head, 1);
    EXPECT_EQ(host.drops(), (drop_counts{{"frame_too_long", 1}}));
    expect_no_leak(host);
}

TEST(encapsulate, drops_what_comes_from_a_port_of_an_overlay_that_went) {
    dataplane_fixture host;
    const auto sent = host.encapsulate(1, 77, {{udp_frame(host.local_a, host.remote_4)}});
    EXPECT_TRUE(sent.empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"port_gone", 1}}));
    expect_no_leak(host);
}

TEST(encapsulate, drops_what_goes_to_a_vtep_that_went) {
    dataplane_fixture host;
    // As a worker sees it that looked the entry up before the VTEP was removed.
    const auto gone = host.writer.create_vtep(vtep_entry{.address = ip("192.0.2.99")});
    ASSERT_TRUE(gone.ok());
    host.writer.remove_vtep(*gone);
    host.writer.upsert_forwarding(host.red, mac("02:00:00:00:00:77"), forwarding_value::remote(*gone));
    const bytes frame = ethernet(mac("02:00:00:00:00:77"), host.local_a.mac, 0x0800, pattern(50));
    EXPECT_TRUE(host.encapsulate(1, host.red, {{frame}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"vtep_unreachable", 1}}));
    host.writer.erase_forwarding(host.red, mac("02:00:00:00:00:77"));
}

}  // namespace
}  // namespace waggle::test
