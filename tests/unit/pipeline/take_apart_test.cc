#include "tests/support/sealed_fixture.hh"
#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

packet_offload outer_udp(bool outer_v4, std::size_t segment_size) {
    return {.checksum_start = static_cast<std::uint16_t>(outer_v4 ? 34 : 54),
            .checksum_offset = 6,
            .segment_size = static_cast<std::uint16_t>(segment_size),
            .kind = segmentation::udp,
            .partial_checksum = 1};
}

/// UDP payloads in one packet, as the kernel hands datagrams of one flow over.
frame_in in_one_piece(const outer_fields& outer, const std::vector<bytes>& payloads,
                      std::uint16_t port = 4789) {
    bytes all;
    for (const bytes& one : payloads) all.insert(all.end(), one.begin(), one.end());
    const bool v4 = outer.source.is_v4();
    const bytes datagram = udp(outer.source, outer.destination, 50000, port, all, checksum::partial);
    return {ethernet(outer.destination_mac, outer.source_mac, v4 ? 0x0800 : 0x86dd,
                     ip_packet(outer.source, outer.destination, 17, datagram, outer.tos)),
            outer_udp(v4, payloads[0].size())};
}

std::vector<bytes> different_frames(const dataplane_fixture& host, int family, std::size_t count) {
    std::vector<bytes> frames;
    for (std::size_t i = 0; i < count; ++i) {
        bytes payload = pattern(100);
        payload[0] = static_cast<std::uint8_t>(i);
        const auto& from = host.remote_4;
        const auto& to = host.local_a;
        const bytes datagram = udp(from.ip(family), to.ip(family), 7, 8, payload);
        frames.push_back(ethernet(to.mac, from.mac, family == 4 ? 0x0800 : 0x86dd,
                                  ip_packet(from.ip(family), to.ip(family), 17, datagram)));
    }
    return frames;
}

std::vector<bytes> in_vxlan(const std::vector<bytes>& frames, std::uint32_t vni = 7000) {
    std::vector<bytes> payloads;
    for (const bytes& frame : frames) payloads.push_back(vxlan(vni, frame));
    return payloads;
}

TEST(take_apart, delivers_each_datagram_where_it_lies) {
    for (const int family : {4, 6}) {
        for (const bool outer_v4 : {true, false}) {
            for (const std::size_t count : {2U, 3U, 64U, 65U, 200U}) {
                SCOPED_TRACE(testing::Message()
                             << count << " of IPv" << family << ", outer IPv" << (outer_v4 ? 4 : 6));
                dataplane_fixture host;
                host.takes_offloads[1] = true;
                std::vector<bytes> frames = different_frames(host, family, count);
                frames.back() = udp_frame(host.remote_4, host.local_a, family, 11);
                const auto sent = host.decapsulate(
                    {in_one_piece(host.from_peer(outer_v4 ? host.peer_v4 : host.peer_v6), in_vxlan(frames))});
                ASSERT_EQ(sent.size(), count);
                for (std::size_t i = 0; i < count; ++i) {
                    EXPECT_EQ(sent[i].port, 1);
                    EXPECT_TRUE(sent[i].shared);
                    EXPECT_FALSE(sent[i].offload_pending);
                    expect_bytes(sent[i].content, frames[i]);
                }
                EXPECT_EQ(host.drops(), drop_counts{});
                EXPECT_EQ(host.counters(host.red).decapsulated_packets.read(), count);
                expect_no_leak(host);
            }
        }
    }
}

TEST(take_apart, keeps_the_order_of_what_stands_around_it) {
    dataplane_fixture host;
    const std::vector<bytes> frames = different_frames(host, 4, 9);
    const outer_fields outer = host.from_peer(host.peer_v4);
    const auto piece = [&](std::size_t first, std::size_t count) {
        const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(first);
        return in_one_piece(outer, in_vxlan({begin, begin + static_cast<std::ptrdiff_t>(count)}));
    };
    const auto single = [&](std::size_t i) { return frame_in{tunnelled(outer, 7000, frames[i])}; };
    const auto sent =
        host.decapsulate({single(0), piece(1, 2), piece(3, 3), single(6), single(7), piece(8, 1)});
    ASSERT_EQ(sent.size(), 9U);
    for (std::size_t i = 0; i < 9; ++i) expect_bytes(sent[i].content, frames[i]);
    expect_no_leak(host);
}

TEST(take_apart, copies_for_ports_of_devices) {
    dataplane_fixture host;
    const std::vector<bytes> frames = different_frames(host, 4, 3);
    const auto sent = host.decapsulate({in_one_piece(host.from_peer(host.peer_v4), in_vxlan(frames))});
    ASSERT_EQ(sent.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_FALSE(sent[i].shared);
        expect_bytes(sent[i].content, frames[i]);
    }
    expect_no_leak(host);
}

TEST(take_apart, floods) {
    dataplane_fixture host;
    host.takes_offloads[4] = true;
    const bytes frame = ethernet(mac_address::broadcast(), host.remote_4.mac, 0x0800,
                                 udp_packet(host.remote_4.v4, ip("10.1.0.255")));
    const auto sent =
        host.decapsulate({in_one_piece(host.from_peer(host.peer_v4), in_vxlan({frame, frame}, 8000))});
    ASSERT_EQ(sent.size(), 4U);
    for (const sent_frame& one : sent) {
        EXPECT_TRUE(one.port == 3 || one.port == 4);
        EXPECT_EQ(one.shared, one.port == 4);
        expect_bytes(one.content, frame);
    }
    expect_no_leak(host);
}

TEST(take_apart, drops_datagrams_one_by_one) {
    dataplane_fixture host;
    const bytes good = udp_frame(host.remote_4, host.local_a);
    const bytes unknown = udp_frame(host.remote_4, {mac("02:00:00:00:00:99"), ip("10.1.0.9"), ip("fd00::9")});
    bytes no_flag = vxlan(7000, good);
    no_flag[0] = 0;
    const auto sent = host.decapsulate({in_one_piece(
        host.from_peer(host.peer_v4), {vxlan(7000, good), vxlan(7001, good), vxlan(7000, unknown), no_flag,
                                       vxlan(7000, good), bytes{8, 0, 0}})});
    EXPECT_EQ(sent.size(), 2U);
    EXPECT_EQ(host.drops(),
              (drop_counts{
                  {"received_unknown", 1}, {"unknown_vni", 1}, {"vxlan_flags", 1}, {"vxlan_truncated", 1}}));
    expect_no_leak(host);
}

TEST(take_apart, brings_the_congestion_mark_to_each_frame) {
    dataplane_fixture host;
    const bytes able = udp_frame(host.remote_4, host.local_a, 4, 18, 2);
    outer_fields outer = host.from_peer(host.peer_v4);
    outer.tos = 3;
    const auto sent = host.decapsulate({in_one_piece(outer, in_vxlan({able, able}))});
    ASSERT_EQ(sent.size(), 2U);
    for (const sent_frame& one : sent)
        expect_bytes(one.content, udp_frame(host.remote_4, host.local_a, 4, 18, 3));
}

TEST(take_apart, counts_each_datagram_that_there_is_no_memory_for) {
    dataplane_fixture host;
    host.takes_offloads[1] = true;
    const frame_in piece =
        in_one_piece(host.from_peer(host.peer_v4), in_vxlan(different_frames(host, 4, 70)));
    // For the piece itself and one burst: what is sent is given back before the next one.
    host.pool.set_limit(60);
    EXPECT_EQ(host.decapsulate({piece}).size(), 0U);
    EXPECT_EQ(host.drops(), (drop_counts{{"no_buffer", 70}}));
    expect_no_leak(host);
}

TEST(take_apart, drops_a_piece_that_does_not_say_how_to_cut_it) {
    dataplane_fixture host;
    frame_in piece = in_one_piece(host.from_peer(host.peer_v4), in_vxlan(different_frames(host, 4, 2)));
    piece.offload->segment_size = 0;
    EXPECT_TRUE(host.decapsulate({piece}).empty());
    const frame_in empty = in_one_piece(host.from_peer(host.peer_v4), {bytes{}, bytes{}});
    EXPECT_TRUE(host.decapsulate({{empty.content, outer_udp(true, 100)}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"bad_offload", 2}}));
    expect_no_leak(host);
}

TEST(take_apart, drops_a_piece_of_very_many_datagrams) {
    dataplane_fixture host;
    const frame_in most = in_one_piece(host.from_peer(host.peer_v4), std::vector<bytes>(512, bytes(8)));
    EXPECT_TRUE(host.decapsulate({most}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"vxlan_flags", 512}}));
    const frame_in more = in_one_piece(host.from_peer(host.peer_v4), std::vector<bytes>(513, bytes(8)));
    EXPECT_TRUE(host.decapsulate({more}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"vxlan_flags", 512}, {"too_many_segments", 1}}));
    expect_no_leak(host);
}

TEST(take_apart, opens_esp_in_udp) {
    sealed_fixture host(protection_kind::docker, {}, 4500);
    std::vector<bytes> frames;
    std::vector<bytes> payloads;
    esp_outer outer = host.sealed_from(host.peer_v4);
    for (std::uint32_t i = 0; i < 5; ++i) {
        frames.push_back(udp_frame(host.remote_4, host.local_a, 4, 50 + i % 2));
        outer.sequence = i + 1;
        const bytes packet = esp_tunnelled(outer, host.inbound_keys, 7000, frames.back());
        payloads.emplace_back(packet.begin() + 42, packet.end());
    }
    ASSERT_EQ(payloads[0].size(), payloads[4].size());
    const auto sent = host.decapsulate({in_one_piece(host.from_peer(host.peer_v4), payloads, 4500)});
    EXPECT_EQ(host.drops(), drop_counts{});
    ASSERT_EQ(sent.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) expect_bytes(sent[i].content, frames[i]);
    // The same again, with a keepalive and IKE, which the kernel does not get without its headers.
    std::vector<bytes> others{bytes(8, 0), bytes{0xff}};
    EXPECT_TRUE(host.decapsulate({in_one_piece(host.from_peer(host.peer_v4), others, 4500)},
                                 dataplane_fixture::exception)
                    .empty());
    EXPECT_TRUE(
        host.decapsulate({in_one_piece(host.from_peer(host.peer_v4), {payloads[0], payloads[1]}, 4500)})
            .empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"keepalive", 1}, {"non_esp_marker", 1}, {"replayed", 2}}));
    expect_no_leak(host);
}

}  // namespace
}  // namespace waggle::test
