#include "dataplane/packet/ecn.hh"

#include "tests/unit/packet/packet_builder.hh"

namespace waggle::test {
namespace {

using enum ecn;

struct decapsulation_case {
    ecn inner;
    ecn outer;
    ecn result;
    bool drop;
};

// RFC 6040 figure 4, row by row.
constexpr decapsulation_case figure_4[] = {
    {not_ect, not_ect, not_ect, false},
    {not_ect, ect_0, not_ect, false},
    {not_ect, ect_1, not_ect, false},
    {not_ect, ce, not_ect, true},
    {ect_0, not_ect, ect_0, false},
    {ect_0, ect_0, ect_0, false},
    {ect_0, ect_1, ect_1, false},
    {ect_0, ce, ce, false},
    {ect_1, not_ect, ect_1, false},
    {ect_1, ect_0, ect_1, false},
    {ect_1, ect_1, ect_1, false},
    {ect_1, ce, ce, false},
    {ce, not_ect, ce, false},
    {ce, ect_0, ce, false},
    {ce, ect_1, ce, false},
    {ce, ce, ce, false},
};

TEST(ecn, decapsulates_by_figure_4_of_rfc_6040) {
    for (const auto& expected : figure_4) {
        const auto got = ecn_decapsulate(expected.inner, expected.outer);
        EXPECT_EQ(got.drop, expected.drop) << int(expected.inner) << int(expected.outer);
        EXPECT_EQ(got.inner, expected.result) << int(expected.inner) << int(expected.outer);
    }
}

// RFC 6040 section 4.1, normal mode: the ECN field is copied, CE too.
TEST(ecn, encapsulates_in_normal_mode) {
    for (unsigned tos = 0; tos < 256; ++tos) {
        const auto outer = ecn_encapsulate(static_cast<std::uint8_t>(tos));
        EXPECT_EQ(outer, tos & 3);
    }
}

TEST(ecn, codepoints_of_rfc_3168) {
    EXPECT_EQ(ecn_of(0xfc), not_ect);
    EXPECT_EQ(ecn_of(0x01), ect_1);
    EXPECT_EQ(ecn_of(0x02), ect_0);
    EXPECT_EQ(ecn_of(0xff), ce);
}

TEST(ecn, sets_the_field_and_keeps_the_ipv4_checksum_right) {
    for (unsigned tos = 0; tos < 256; ++tos) {
        for (ecn to : {not_ect, ect_1, ect_0, ce}) {
            const exact_buffer packet(ipv4("10.0.0.1", "10.0.0.2", 6, {}, {.tos = tos}));
            set_ecn(header_at<ipv4_header>(packet.data()), to);
            EXPECT_EQ(packet.copy(),
                      ipv4("10.0.0.1", "10.0.0.2", 6, {}, {.tos = (tos & 0xfc) | static_cast<unsigned>(to)}));
        }
    }
}

TEST(ecn, sets_the_field_of_ipv6_and_nothing_else) {
    for (unsigned tos = 0; tos < 256; ++tos) {
        for (ecn to : {not_ect, ect_1, ect_0, ce}) {
            bytes flow = ipv6("fd00::1", "fd00::2", 6, {}, {.tos = tos});
            flow[1] |= 0x0a;
            flow[3] = 0xbc;
            const exact_buffer packet(flow);
            set_ecn(header_at<ipv6_header>(packet.data()), to);
            flow[1] = static_cast<std::uint8_t>((flow[1] & 0xcf) | static_cast<unsigned>(to) << 4);
            EXPECT_EQ(packet.copy(), flow);
            EXPECT_EQ(header_at<ipv6_header>(packet.data()).traffic_class(),
                      (tos & 0xfc) | static_cast<unsigned>(to));
        }
    }
}

}  // namespace
}  // namespace waggle::test
