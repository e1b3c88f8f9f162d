#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

using endpoint = dataplane_fixture::endpoint;

std::uint16_t l4_offset(int family) {
    return family == 4 ? 34 : 54;
}
packet_offload tcp_offload(int family, std::uint16_t segment_size) {
    return {.checksum_start = l4_offset(family),
            .checksum_offset = 16,
            .segment_size = segment_size,
            .kind = segment_size == 0 ? segmentation::none
                                      : (family == 4 ? segmentation::tcp_v4 : segmentation::tcp_v6),
            .partial_checksum = 1};
}
packet_offload udp_offload(int family, std::uint16_t segment_size) {
    return {.checksum_start = l4_offset(family),
            .checksum_offset = 6,
            .segment_size = segment_size,
            .kind = segment_size == 0 ? segmentation::none : segmentation::udp,
            .partial_checksum = 1};
}
/// The same, seen from the start of a packet with `outer` bytes in front of the frame.
packet_offload shifted(packet_offload offload, std::size_t outer) {
    offload.checksum_start = static_cast<std::uint16_t>(offload.checksum_start + outer);
    return offload;
}

bytes tcp_frame(const endpoint& from, const endpoint& to, int family, const bytes& payload,
                const tcp_fields& fields, checksum sum, std::uint16_t id = 0, std::uint8_t tos = 0) {
    const ip_address& source = from.ip(family);
    const ip_address& destination = to.ip(family);
    const bytes segment = tcp(source, destination, 4000, 80, payload, fields, sum);
    return ethernet(to.mac, from.mac, family == 4 ? 0x0800 : 0x86dd,
                    family == 4 ? ipv4(source, destination, 6, segment, {.tos = tos, .id = id, .options = {}})
                                : ipv6(source, destination, 6, segment, {.traffic_class = tos}));
}

/// A GSO frame and what it must be cut into (RFC 9293; RFC 6864: an id for each piece).
struct large_frame {
    frame_in whole;
    std::vector<bytes> pieces;
};

large_frame tcp_large_frame(const endpoint& from, const endpoint& to, int family, std::size_t segments,
                            std::uint16_t segment_size, std::uint8_t tos = 0) {
    large_frame made;
    const bytes payload = pattern(segments * segment_size - 7);
    // CWR on the first piece only, PSH and FIN on the last only.
    const std::uint8_t flags = 128 | 16 | 8 | 1;
    made.whole = {tcp_frame(from, to, family, payload, {.flags = flags, .options = {1, 1, 1, 1}},
                            checksum::partial, 500, tos),
                  tcp_offload(family, segment_size)};
    for (std::size_t i = 0; i < segments; ++i) {
        const auto first = payload.begin() + static_cast<std::ptrdiff_t>(i * segment_size);
        const bool last = i + 1 == segments;
        const bytes part(first, last ? payload.end() : first + segment_size);
        const auto piece_flags = static_cast<std::uint8_t>(16 | (i == 0 ? 128 : 0) | (last ? 9 : 0));
        made.pieces.push_back(tcp_frame(from, to, family, part,
                                        {.sequence = static_cast<std::uint32_t>(1000 + i * segment_size),
                                         .flags = piece_flags,
                                         .options = {1, 1, 1, 1}},
                                        checksum::full, static_cast<std::uint16_t>(500 + i), tos));
    }
    return made;
}

TEST(offloads, partial_checksums_are_completed_before_the_tunnel) {
    for (const int family : {4, 6}) {
        for (const bool outer_v4 : {true, false}) {
            dataplane_fixture host;
            const auto& to = outer_v4 ? host.remote_4 : host.remote_6;
            const bytes open = tcp_frame(host.local_a, to, family, pattern(101), {}, checksum::partial);
            const bytes complete = tcp_frame(host.local_a, to, family, pattern(101), {}, checksum::full);
            const auto sent = host.encapsulate(1, host.red, {{open, tcp_offload(family, 0)}});
            ASSERT_EQ(sent.size(), 1U);
            expect_tunnelled(host, sent[0], outer_v4 ? host.peer_v4 : host.peer_v6, 7000, complete);
            EXPECT_EQ(host.counters(host.red).encapsulated_packets.read(), 1U);
        }
    }
}

TEST(offloads, a_udp_checksum_of_zero_is_sent_as_ones) {
    dataplane_fixture host;
    const auto& a = host.local_a;
    const auto& far = host.remote_4;
    // The last word makes the sum come out as 0xffff, its complement as 0.
    bytes payload = pattern(16);
    const bytes probe = udp(a.v4, far.v4, 4000, 5000, concatenated({payload, {0, 0}}));
    const std::uint16_t missing = read16(probe, 6);
    payload.push_back(static_cast<std::uint8_t>(missing >> 8));
    payload.push_back(static_cast<std::uint8_t>(missing));
    const auto frame = [&](checksum sum) {
        return ethernet(far.mac, a.mac, 0x0800,
                        ipv4(a.v4, far.v4, 17, udp(a.v4, far.v4, 4000, 5000, payload, sum)));
    };
    ASSERT_EQ(read16(frame(checksum::full), 40), 0xffff);
    const auto sent = host.encapsulate(1, host.red, {{frame(checksum::partial), udp_offload(4, 0)}});
    ASSERT_EQ(sent.size(), 1U);
    expect_tunnelled(host, sent[0], host.peer_v4, 7000, frame(checksum::full));
}

TEST(offloads, gso_frames_are_cut_before_the_tunnel_and_keep_their_order) {
    for (const int family : {4, 6}) {
        for (const bool outer_v4 : {true, false}) {
            SCOPED_TRACE(testing::Message() << "inner IPv" << family << ", outer IPv" << (outer_v4 ? 4 : 6));
            dataplane_fixture host;
            const auto& to = outer_v4 ? host.remote_4 : host.remote_6;
            const large_frame large = tcp_large_frame(host.local_a, to, family, 5, 1300, 2);
            const bytes before =
                tcp_frame(host.local_a, to, family, pattern(10), {.sequence = 1}, checksum::full);
            const bytes open =
                tcp_frame(host.local_a, to, family, pattern(9), {.sequence = 9}, checksum::partial);
            const bytes after =
                tcp_frame(host.local_a, to, family, pattern(9), {.sequence = 9}, checksum::full);
            const auto sent =
                host.encapsulate(1, host.red, {{before}, large.whole, {open, tcp_offload(family, 0)}});
            std::vector<bytes> expected{before};
            expected.insert(expected.end(), large.pieces.begin(), large.pieces.end());
            expected.push_back(after);
            ASSERT_EQ(sent.size(), expected.size());
            for (std::size_t i = 0; i < sent.size(); ++i) {
                SCOPED_TRACE(i);
                const bool piece = i != 0 && i + 1 != sent.size();
                expect_tunnelled(host, sent[i], outer_v4 ? host.peer_v4 : host.peer_v6, 7000, expected[i],
                                 piece ? 2 : 0, static_cast<std::uint16_t>(i));
                EXPECT_EQ(outer_source_port(sent[i].content), outer_source_port(sent[0].content));
            }
            EXPECT_EQ(host.drops(), drop_counts{});
            EXPECT_EQ(host.counters(host.red).encapsulated_packets.read(), expected.size());
            expect_no_leak(host);
        }
    }
}

TEST(offloads, udp_gso_frames_are_cut_too) {
    for (const int family : {4, 6}) {
        dataplane_fixture host;
        const auto& a = host.local_a;
        const auto& far = host.remote_4;
        const bytes payload = pattern(2500);
        const auto frame = [&](const bytes& part, checksum sum, std::uint16_t id) {
            const bytes datagram = udp(a.ip(family), far.ip(family), 7, 8, part, sum);
            return ethernet(far.mac, a.mac, family == 4 ? 0x0800 : 0x86dd,
                            family == 4 ? ipv4(a.v4, far.v4, 17, datagram, {.id = id, .options = {}})
                                        : ipv6(a.v6, far.v6, 17, datagram));
        };
        const auto sent = host.encapsulate(
            1, host.red, {{frame(payload, checksum::partial, 9), udp_offload(family, 1000)}});
        ASSERT_EQ(sent.size(), 3U);
        for (std::size_t i = 0; i < 3; ++i) {
            const auto first = payload.begin() + static_cast<std::ptrdiff_t>(1000 * i);
            const bytes part(first, i == 2 ? payload.end() : first + 1000);
            expect_tunnelled(host, sent[i], host.peer_v4, 7000,
                             frame(part, checksum::full, static_cast<std::uint16_t>(9 + i)), 0,
                             static_cast<std::uint16_t>(i));
        }
    }
}

TEST(offloads, a_burst_of_large_frames_becomes_many_bursts) {
    dataplane_fixture host;
    const large_frame large = tcp_large_frame(host.local_a, host.remote_4, 4, 45, 1400);
    const auto sent = host.encapsulate(1, host.red, std::vector<frame_in>(8, large.whole));
    ASSERT_EQ(sent.size(), 8 * 45U);
    for (std::size_t i = 0; i < sent.size(); ++i)
        expect_tunnelled(host, sent[i], host.peer_v4, 7000, large.pieces[i % 45], 0,
                         static_cast<std::uint16_t>(i));
    expect_no_leak(host);
}

TEST(offloads, gso_frames_are_measured_by_their_segments) {
    dataplane_fixture host;
    // 1450 - 20 - 24 bytes of TCP payload fit.
    EXPECT_EQ(host.encapsulate(1, host.red, {tcp_large_frame(host.local_a, host.remote_4, 4, 3, 1406).whole})
                  .size(),
              3U);
    EXPECT_EQ(host.drops(), drop_counts{});
    const auto sent =
        host.encapsulate(1, host.red, {tcp_large_frame(host.local_a, host.remote_4, 4, 3, 1407).whole});
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].port, 1);
    EXPECT_FALSE(sent[0].offload_pending);
    // Fragmentation needed, 1450.
    EXPECT_EQ(read16(sent[0].content, 34), 0x0304);
    EXPECT_EQ(read16(sent[0].content, 40), 1450);
    EXPECT_EQ(host.drops(), (drop_counts{{"oversize", 1}}));
    expect_no_leak(host);
}

TEST(offloads, pieces_without_memory_are_counted_one_by_one) {
    dataplane_fixture host;
    const large_frame large = tcp_large_frame(host.local_a, host.remote_4, 4, 10, 1000);
    host.pool.set_limit(1);
    EXPECT_TRUE(host.encapsulate(1, host.red, {large.whole}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"no_buffer", 10}}));
    expect_no_leak(host);
}

TEST(offloads, frames_of_very_many_segments_are_dropped) {
    for (const int family : {4, 6}) {
        for (const std::size_t segments : {512U, 513U}) {
            dataplane_fixture host;
            const large_frame large = tcp_large_frame(host.local_a, host.remote_4, family, segments, 40);
            const bool fits = segments == 512;
            EXPECT_EQ(host.encapsulate(1, host.red, {large.whole}).size(), fits ? segments : 0U);
            EXPECT_EQ(host.drops(), fits ? drop_counts{} : (drop_counts{{"too_many_segments", 1}}));
            expect_no_leak(host);
        }
    }
    // A kernel behind a TAP cuts by itself, at its own cost.
    dataplane_fixture host;
    host.takes_offloads[2] = true;
    const large_frame local = tcp_large_frame(host.local_a, host.local_b, 4, 600, 40);
    EXPECT_EQ(host.encapsulate(1, host.red, {local.whole}).size(), 1U);
}

TEST(offloads, go_along_to_local_ports_that_take_them) {
    dataplane_fixture host;
    host.takes_offloads[2] = true;
    const large_frame large = tcp_large_frame(host.local_a, host.local_b, 4, 3, 1000);
    const auto sent = host.encapsulate(1, host.red, {large.whole});
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].port, 2);
    EXPECT_TRUE(sent[0].offload_pending);
    EXPECT_EQ(sent[0].offload.segment_size, 1000);
    expect_bytes(sent[0].content, large.whole.content);
}

TEST(offloads, are_done_for_local_ports_that_do_not_take_them) {
    dataplane_fixture host;
    const large_frame large = tcp_large_frame(host.local_a, host.local_b, 6, 3, 1000);
    const bytes open = tcp_frame(host.local_a, host.local_b, 4, pattern(9), {}, checksum::partial);
    const bytes complete = tcp_frame(host.local_a, host.local_b, 4, pattern(9), {}, checksum::full);
    const auto sent = host.encapsulate(1, host.red, {large.whole, {open, tcp_offload(4, 0)}});
    ASSERT_EQ(sent.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(sent[i].port, 2);
        EXPECT_FALSE(sent[i].offload_pending);
        expect_bytes(sent[i].content, i < 3 ? large.pieces[i] : complete);
    }
    expect_no_leak(host);
}

/// GSO frames of a kernel peer on a `packet` underlay: the outer packet is as large as the frame.
TEST(offloads, large_frames_from_the_tunnel_are_handed_on_or_cut) {
    for (const int family : {4, 6}) {
        for (const bool outer_v4 : {true, false}) {
            for (const bool takes : {true, false}) {
                dataplane_fixture host;
                host.takes_offloads[1] = takes;
                const large_frame large = tcp_large_frame(host.remote_4, host.local_a, family, 6, 1300);
                const bytes packet = tunnelled(host.from_peer(outer_v4 ? host.peer_v4 : host.peer_v6), 7000,
                                               large.whole.content);
                const auto sent =
                    host.decapsulate({{packet, shifted(*large.whole.offload, outer_v4 ? 50 : 70)}});
                EXPECT_EQ(host.drops(), drop_counts{});
                expect_no_leak(host);
                if (takes) {
                    ASSERT_EQ(sent.size(), 1U);
                    EXPECT_TRUE(sent[0].offload_pending);
                    EXPECT_EQ(sent[0].offload.checksum_start, l4_offset(family));
                    EXPECT_EQ(sent[0].offload.segment_size, 1300);
                    expect_bytes(sent[0].content, large.whole.content);
                    continue;
                }
                ASSERT_EQ(sent.size(), large.pieces.size());
                for (std::size_t i = 0; i < sent.size(); ++i) expect_bytes(sent[i].content, large.pieces[i]);
            }
        }
    }
}

TEST(offloads, partial_checksums_from_the_tunnel_may_be_inner_or_outer_ones) {
    dataplane_fixture host;
    const bytes open = tcp_frame(host.remote_4, host.local_a, 4, pattern(33), {}, checksum::partial);
    const bytes complete = tcp_frame(host.remote_4, host.local_a, 4, pattern(33), {}, checksum::full);
    outer_fields outer = host.from_peer(host.peer_v4);
    outer.sum = checksum::partial;
    const packet_offload of_outer{.checksum_start = 34, .checksum_offset = 6, .partial_checksum = 1};
    const auto sent = host.decapsulate({{tunnelled(outer, 7000, open), shifted(tcp_offload(4, 0), 50)},
                                        {tunnelled(outer, 7000, complete), of_outer}});
    ASSERT_EQ(sent.size(), 2U);
    for (const sent_frame& frame : sent) {
        EXPECT_FALSE(frame.offload_pending);
        expect_bytes(frame.content, complete);
    }
}

TEST(offloads, tunnel_packets_that_a_kernel_merged_are_taken_apart) {
    for (const bool outer_v4 : {true, false}) {
        dataplane_fixture host;
        const bytes first = udp_frame(host.remote_4, host.local_a, 4, 100);
        const bytes second = udp_frame(host.remote_4, host.local_b, 6, 80);
        ASSERT_EQ(first.size(), second.size());
        const outer_fields outer = host.from_peer(outer_v4 ? host.peer_v4 : host.peer_v6);
        const bytes payload = concatenated({vxlan(7000, first), vxlan(7000, second), vxlan(7000, first)});
        const bytes datagram = udp(outer.source, outer.destination, 50000, 4789, payload, checksum::partial);
        const bytes packet = ethernet(outer.destination_mac, outer.source_mac, outer_v4 ? 0x0800 : 0x86dd,
                                      ip_packet(outer.source, outer.destination, 17, datagram));
        const auto sent = host.decapsulate(
            {{packet, udp_offload(outer_v4 ? 4 : 6, static_cast<std::uint16_t>(first.size() + 8))}});
        EXPECT_EQ(host.drops(), drop_counts{});
        ASSERT_EQ(sent.size(), 3U);
        expect_bytes(sent[0].content, first);
        expect_bytes(sent[1].content, first);
        expect_bytes(sent[2].content, second);
        expect_no_leak(host);
    }
}

TEST(offloads, that_do_not_fit_the_inner_frame_are_dropped) {
    const dataplane_fixture names;
    const large_frame large = tcp_large_frame(names.remote_4, names.local_a, 4, 3, 1000);
    const bytes packet = tunnelled(names.from_peer(names.peer_v4), 7000, large.whole.content);
    packet_offload wrong_family = shifted(*large.whole.offload, 50);
    wrong_family.kind = segmentation::tcp_v6;
    packet_offload wrong_start = shifted(*large.whole.offload, 52);
    packet_offload no_inner = *large.whole.offload;
    for (const packet_offload& offload : {wrong_family, wrong_start, no_inner}) {
        dataplane_fixture host;
        EXPECT_TRUE(host.decapsulate({{packet, offload}}).empty());
        EXPECT_EQ(host.drops(), (drop_counts{{"bad_offload", 1}}));
        expect_no_leak(host);
    }
}

TEST(offloads, that_do_not_fit_a_packet_for_the_kernel_are_dropped) {
    const dataplane_fixture names;
    const bytes packet =
        ethernet(names.own_mac, names.peer_mac, 0x0806,
                 arp(1, names.peer_mac, names.peer_v4, mac("00:00:00:00:00:00"), names.own_v4));
    packet_offload beyond;
    beyond.checksum_start = static_cast<std::uint16_t>(packet.size() + 200);
    beyond.checksum_offset = 6;
    beyond.partial_checksum = 1;
    dataplane_fixture host;
    EXPECT_TRUE(host.decapsulate({{packet, beyond}}, dataplane_fixture::exception).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"bad_offload", 1}}));
    expect_no_leak(host);
}

}  // namespace
}  // namespace waggle::test
