#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

const mac_address group = mac("01:00:5e:00:00:fb");
const mac_address unknown = mac("02:00:00:00:00:99");

TEST(flood, sends_to_other_ports_and_all_vteps) {
    const dataplane_fixture names;
    for (const mac_address& destination : {mac_address::broadcast(), group, unknown}) {
        SCOPED_TRACE(destination.to_string());
        dataplane_fixture host;
        const bytes frame =
            ethernet(destination, host.local_a.mac, 0x0800, udp_packet(host.local_a.v4, ip("10.1.0.255")));
        const auto sent = host.encapsulate(3, host.blue, {{frame}});
        ASSERT_EQ(sent.size(), 3U);
        EXPECT_EQ(sent[0].port, 4);
        expect_bytes(sent[0].content, frame);
        expect_tunnelled(host, sent[1], host.peer_v4, 8000, frame);
        expect_tunnelled(host, sent[2], host.peer_v6, 8000, frame);
        // Three copies beside the frame itself; one VTEP had no way.
        EXPECT_EQ(host.counters(host.blue).replicated_packets.read(), 3U);
        EXPECT_EQ(host.drops(), (drop_counts{{"vtep_unreachable", 1}}));
        expect_no_leak(host);
    }
}

TEST(flood, from_the_tunnel_goes_to_local_ports_only) {
    for (const mac_address& destination : {mac_address::broadcast(), group, unknown}) {
        dataplane_fixture host;
        const bytes frame =
            ethernet(destination, host.remote_4.mac, 0x0800, udp_packet(host.remote_4.v4, ip("10.1.0.255")));
        const auto sent = host.decapsulate({{tunnelled(host.from_peer(host.peer_v4), 8000, frame)}});
        ASSERT_EQ(sent.size(), 2U);
        EXPECT_EQ(sent[0].port, 3);
        EXPECT_EQ(sent[1].port, 4);
        for (const sent_frame& copy : sent) expect_bytes(copy.content, frame);
        EXPECT_EQ(host.counters(host.blue).replicated_packets.read(), 1U);
        EXPECT_EQ(host.counters(host.blue).decapsulated_packets.read(), 1U);
        expect_no_leak(host);
    }
}

TEST(flood, without_recipients_is_a_drop) {
    dataplane_fixture host;
    for (const port_index port : {port_index{3}, port_index{4}}) host.writer.remove_port(host.blue, port);
    for (const vtep_index vtep : {host.v6_peer, host.lost_peer}) host.writer.remove_member(host.blue, vtep);
    host.writer.commit();
    const auto frame = [&](const mac_address& destination) {
        return ethernet(destination, host.remote_4.mac, 0x0800, pattern(50));
    };
    const outer_fields outer = host.from_peer(host.peer_v4);
    EXPECT_TRUE(host.decapsulate({{tunnelled(outer, 8000, frame(mac_address::broadcast()))},
                                  {tunnelled(outer, 8000, frame(group))},
                                  {tunnelled(outer, 8000, frame(unknown))}})
                    .empty());
    host.writer.remove_member(host.blue, host.v4_peer);
    host.writer.commit();
    EXPECT_TRUE(
        host.encapsulate(3, host.blue, {{frame(mac_address::broadcast())}, {frame(group)}, {frame(unknown)}})
            .empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"broadcast", 1},
                                         {"multicast", 1},
                                         {"unknown_destination", 1},
                                         {"received_broadcast", 1},
                                         {"received_multicast", 1},
                                         {"received_unknown", 1}}));
    EXPECT_EQ(host.counters(host.blue).replicated_packets.read(), 0U);
    expect_no_leak(host);
}

TEST(flood, counts_each_copy_that_there_is_no_memory_for) {
    dataplane_fixture host;
    host.pool.set_limit(2);
    const bytes frame = ethernet(group, host.local_a.mac, 0x0800, pattern(50));
    const auto sent = host.encapsulate(3, host.blue, {{frame}});
    // The frame itself and one copy.
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(host.drops(), (drop_counts{{"no_buffer", 2}, {"vtep_unreachable", 1}}));
    expect_no_leak(host);
}

TEST(flood, drops_frames_longer_than_a_buffer) {
    dataplane_fixture host;
    const bytes frame = ethernet(group, host.local_a.mac, 0x88b5, pattern(4000));
    const auto sent = host.encapsulate(3, host.blue, {{frame}});
    EXPECT_TRUE(sent.empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"frame_too_long", 3}, {"vtep_unreachable", 1}}));
    expect_no_leak(host);
}

TEST(flood, cuts_large_frames_once_for_all_recipients) {
    dataplane_fixture host;
    const auto& a = host.local_a;
    const ip_address target = ip("239.1.1.1");
    const bytes payload = pattern(2000);
    const auto frame = [&](const bytes& part, checksum sum, std::uint16_t id) {
        return ethernet(
            group, a.mac, 0x0800,
            ipv4(a.v4, target, 17, udp(a.v4, target, 7, 8, part, sum), {.id = id, .options = {}}));
    };
    const packet_offload offload{.checksum_start = 34,
                                 .checksum_offset = 6,
                                 .segment_size = 1000,
                                 .kind = segmentation::udp,
                                 .partial_checksum = 1};
    const std::vector<bytes> pieces{frame(bytes(payload.begin(), payload.begin() + 1000), checksum::full, 0),
                                    frame(bytes(payload.begin() + 1000, payload.end()), checksum::full, 1)};
    const auto sent = host.encapsulate(3, host.blue, {{frame(payload, checksum::partial, 0), offload}});
    ASSERT_EQ(sent.size(), 6U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(sent[i].port, 4);
        expect_bytes(sent[i].content, pieces[i]);
        expect_tunnelled(host, sent[2 + 2 * i], host.peer_v4, 8000, pieces[i], 0,
                         static_cast<std::uint16_t>(i));
        expect_tunnelled(host, sent[3 + 2 * i], host.peer_v6, 8000, pieces[i]);
    }
    expect_no_leak(host);
}

TEST(flood, reaches_more_recipients_than_a_burst_holds) {
    dataplane_fixture host;
    for (unsigned i = 0; i < 150; ++i) {
        vtep_entry entry = *host.tables.vtep(host.v4_peer);
        entry.address = ip_address::from_v4(0xc633'6400 + i);
        const auto added = host.writer.create_vtep(entry);
        ASSERT_TRUE(added.ok());
        host.writer.add_member(host.blue, *added);
    }
    host.writer.commit();
    const bytes frame = ethernet(group, host.local_a.mac, 0x0800, pattern(50));
    const auto sent = host.encapsulate(3, host.blue, {{frame}, {frame}});
    EXPECT_EQ(sent.size(), 2 * 153U);
    expect_no_leak(host);
}

}  // namespace
}  // namespace waggle::test
