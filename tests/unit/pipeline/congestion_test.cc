#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

enum codepoint : std::uint8_t { not_ect = 0, ect_1 = 1, ect_0 = 2, ce = 3 };
constexpr std::uint8_t drop = 0xff;

/// RFC 6040 figure 4: rows inner, columns outer, in the order Not-ECT, ECT(1), ECT(0), CE of the bits.
constexpr std::uint8_t outgoing[4][4] = {
    /* inner Not-ECT */ {not_ect, not_ect, not_ect, drop},
    /* inner ECT(1)  */ {ect_1, ect_1, ect_1, ce},
    /* inner ECT(0)  */ {ect_0, ect_1, ect_0, ce},
    /* inner CE      */ {ce, ce, ce, ce},
};

constexpr std::uint8_t dscp = 0xb8;

TEST(congestion, follows_all_cases_of_rfc_6040_on_the_way_out) {
    for (const int family : {4, 6})
        for (const bool outer_v4 : {true, false})
            for (std::uint8_t inner = 0; inner < 4; ++inner)
                for (std::uint8_t outer_ecn = 0; outer_ecn < 4; ++outer_ecn) {
                    SCOPED_TRACE(testing::Message()
                                 << "inner IPv" << family << " " << int{inner} << ", outer IPv"
                                 << (outer_v4 ? 4 : 6) << " " << int{outer_ecn});
                    dataplane_fixture host;
                    const auto frame = [&](std::uint8_t ecn) {
                        return udp_frame(host.remote_4, host.local_a, family, 18,
                                         static_cast<std::uint8_t>(dscp | ecn));
                    };
                    outer_fields outer = host.from_peer(outer_v4 ? host.peer_v4 : host.peer_v6);
                    outer.tos = static_cast<std::uint8_t>(0x28 | outer_ecn);
                    const auto sent = host.decapsulate({{tunnelled(outer, 7000, frame(inner))}});
                    const std::uint8_t expected = outgoing[inner][outer_ecn];
                    if (expected == drop) {
                        EXPECT_TRUE(sent.empty());
                        EXPECT_EQ(host.drops(), (drop_counts{{"ecn_congested", 1}}));
                        continue;
                    }
                    ASSERT_EQ(sent.size(), 1U);
                    // The builder computes the IPv4 checksum of the new TOS.
                    expect_bytes(sent[0].content, frame(expected));
                    EXPECT_EQ(host.drops(), drop_counts{});
                }
}

// RFC 6040 section 4.1: normal mode copies the field.
TEST(congestion, is_copied_on_the_way_in) {
    for (const int family : {4, 6})
        for (const bool outer_v4 : {true, false})
            for (std::uint8_t ecn = 0; ecn < 4; ++ecn) {
                dataplane_fixture host;
                const bytes frame = udp_frame(host.local_a, outer_v4 ? host.remote_4 : host.remote_6, family,
                                              18, static_cast<std::uint8_t>(dscp | ecn));
                const auto sent = host.encapsulate(1, host.red, {{frame}});
                ASSERT_EQ(sent.size(), 1U);
                expect_tunnelled(host, sent[0], outer_v4 ? host.peer_v4 : host.peer_v6, 7000, frame, ecn);
            }
}

TEST(congestion, leaves_frames_alone_that_know_none) {
    dataplane_fixture host;
    outer_fields outer = host.from_peer(host.peer_v4);
    outer.tos = ce;
    const std::vector<bytes> frames{
        ethernet(host.local_a.mac, host.remote_4.mac, 0x0806,
                 arp(2, host.remote_4.mac, host.remote_4.v4, host.local_a.mac, host.local_a.v4)),
        ethernet(host.local_a.mac, host.remote_4.mac, 0x0800, pattern(19)),
        ethernet(host.local_a.mac, host.remote_4.mac, 0x86dd, pattern(39)),
        ethernet(host.local_a.mac, host.remote_4.mac, 0x0800, bytes(60, 0)),
        ethernet(host.local_a.mac, host.remote_4.mac, 0x86dd, bytes(60, 0)),
    };
    for (const bytes& frame : frames) {
        const auto sent = host.decapsulate({{tunnelled(outer, 7000, frame)}});
        ASSERT_EQ(sent.size(), 1U);
        expect_bytes(sent[0].content, frame);
    }
}

}  // namespace
}  // namespace waggle::test
