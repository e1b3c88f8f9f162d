#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

/// A UDP frame with an IP packet of `size` bytes.
bytes frame_of(const dataplane_fixture::endpoint& from, const dataplane_fixture::endpoint& to, int family,
               std::size_t size) {
    return udp_frame(from, to, family, size - (family == 4 ? 28 : 48));
}

/// RFC 1191 section 4 (with RFC 1812: as much of the packet as fits 576 bytes, precedence 6) and RFC 8201
/// with RFC 4443 section 3.2.
bytes too_big_answer(const bytes& frame, const dataplane_fixture::endpoint& from,
                     const dataplane_fixture::endpoint& to, int family, std::uint32_t mtu) {
    const std::size_t quoted = family == 4 ? 576 - 28 : 1280 - 48;
    const bytes quote(frame.begin() + 14,
                      frame.begin() + 14 + static_cast<std::ptrdiff_t>(std::min(quoted, frame.size() - 14)));
    if (family == 4)
        return ethernet(from.mac, to.mac, 0x0800,
                        ipv4(to.v4, from.v4, 1, icmp_v4(3, 4, mtu, quote),
                             {.tos = 0xc0, .fragment = 0x4000, .options = {}}));
    return ethernet(from.mac, to.mac, 0x86dd,
                    ipv6(to.v6, from.v6, 58, icmp_v6(to.v6, from.v6, 2, 0, mtu, quote)));
}

TEST(oversize, is_answered_with_the_mtu_of_the_way) {
    for (const int family : {4, 6}) {
        for (const bool outer_v4 : {true, false}) {
            SCOPED_TRACE(testing::Message() << "inner IPv" << family << ", outer IPv" << (outer_v4 ? 4 : 6));
            dataplane_fixture host;
            const auto& to = outer_v4 ? host.remote_4 : host.remote_6;
            // 1500 less the outer headers; the overlay's 1450 is the same for IPv4.
            const std::size_t mtu = outer_v4 ? 1450 : 1430;
            const bytes fits = frame_of(host.local_a, to, family, mtu);
            const bytes too_big = frame_of(host.local_a, to, family, mtu + 1);
            const auto sent = host.encapsulate(1, host.red, {{fits}, {too_big}});
            ASSERT_EQ(sent.size(), 2U);
            // The answer comes back out of the access port.
            const auto& answer = sent[sent[0].port == 1 ? 0 : 1];
            const auto& passed = sent[sent[0].port == 1 ? 1 : 0];
            EXPECT_EQ(answer.port, 1);
            expect_bytes(answer.content,
                         too_big_answer(too_big, host.local_a, to, family, static_cast<std::uint32_t>(mtu)));
            expect_tunnelled(host, passed, outer_v4 ? host.peer_v4 : host.peer_v6, 7000, fits);
            EXPECT_EQ(host.drops(), (drop_counts{{"oversize", 1}}));
            expect_no_leak(host);
        }
    }
}

TEST(oversize, heeds_the_overlay_mtu_where_that_is_smaller) {
    dataplane_fixture host;
    host.writer.update_overlay(host.red, {.mtu = 1300, .flood = false});
    host.writer.commit();
    EXPECT_EQ(host.encapsulate(1, host.red, {{frame_of(host.local_a, host.remote_4, 4, 1300)}})[0].port, 0);
    const bytes too_big = frame_of(host.local_a, host.remote_4, 4, 1301);
    const auto sent = host.encapsulate(1, host.red, {{too_big}});
    ASSERT_EQ(sent.size(), 1U);
    expect_bytes(sent[0].content, too_big_answer(too_big, host.local_a, host.remote_4, 4, 1300));
}

TEST(oversize, does_not_concern_local_traffic) {
    dataplane_fixture host;
    const bytes frame = frame_of(host.local_a, host.local_b, 4, 1600);
    const auto sent = host.encapsulate(1, host.red, {{frame}});
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].port, 2);
}

TEST(oversize, is_dropped_where_no_answer_may_be_sent) {
    const dataplane_fixture names;
    const auto& a = names.local_a;
    const auto& far = names.remote_4;
    const bytes payload = pattern(1460);
    const std::vector<drop_case> cases{
        {"not IP", {ethernet(far.mac, a.mac, 0x88b5, pattern(1451))}, "oversize_unanswered"},
        {"ICMP error (RFC 1122 section 3.2.2)",
         {ethernet(far.mac, a.mac, 0x0800, ipv4(a.v4, far.v4, 1, icmp_v4(3, 1, 0, payload)))},
         "oversize_unanswered"},
        {"ICMPv6 error (RFC 4443 section 2.4 e)",
         {ethernet(far.mac, a.mac, 0x86dd, ipv6(a.v6, far.v6, 58, icmp_v6(a.v6, far.v6, 1, 0, 0, payload)))},
         "oversize_unanswered"},
        {"later fragment (RFC 1812 section 4.3.2.7)",
         {ethernet(far.mac, a.mac, 0x0800,
                   ipv4(a.v4, far.v4, 17, payload, {.fragment = 0x2064, .options = {}}))},
         "oversize_unanswered"},
        {"source address unspecified",
         {ethernet(far.mac, a.mac, 0x0800, ipv4(ip("0.0.0.0"), far.v4, 17, payload))},
         "oversize_unanswered"},
    };
    for (const drop_case& c : cases) {
        SCOPED_TRACE(c.description);
        dataplane_fixture host;
        EXPECT_TRUE(host.encapsulate(1, host.red, {c.in}).empty());
        EXPECT_EQ(host.drops(), (drop_counts{{c.reason, 1}}));
        expect_no_leak(host);
    }
}

TEST(oversize, answers_are_limited_in_number) {
    dataplane_fixture host;
    const bytes too_big = frame_of(host.local_a, host.remote_4, 4, 1500);
    std::size_t answered = 0;
    for (int burst = 0; burst < 4; ++burst)
        answered += host.encapsulate(1, host.red, std::vector<frame_in>(64, {too_big})).size();
    EXPECT_EQ(answered, 100U);
    EXPECT_EQ(host.drops(), (drop_counts{{"oversize", 100}, {"oversize_unanswered", 156}}));
    host.context.now += host.context.ticks_per_second / 1000;
    EXPECT_EQ(host.encapsulate(1, host.red, {{too_big}, {too_big}}).size(), 1U);
    expect_no_leak(host);
}

TEST(oversize, leaves_no_room_on_a_way_below_the_overhead) {
    dataplane_fixture host;
    host.writer.update_vtep(host.v4_peer, make_vtep_entry({.remote = host.peer_v4,
                                                           .source = host.own_v4,
                                                           .source_mac = host.own_mac,
                                                           .destination_mac = host.peer_mac,
                                                           .udp_port = 4789,
                                                           .path_mtu = 40,
                                                           .port = 0}));
    host.writer.commit();
    const bytes empty = ethernet(host.remote_4.mac, host.local_a.mac, 0x88b5, {});
    for (const bytes& frame : {udp_frame(host.local_a, host.remote_4), empty})
        EXPECT_TRUE(host.encapsulate(1, host.red, {{frame}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"oversize_unanswered", 2}}));
}

}  // namespace
}  // namespace waggle::test
