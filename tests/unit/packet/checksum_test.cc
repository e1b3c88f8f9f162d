#include "dataplane/packet/checksum.hh"

#include "tests/unit/packet/packet_builder.hh"

namespace waggle::test {
namespace {

TEST(checksum, example_of_rfc_1071) {
    const bytes data{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    EXPECT_EQ(be16::from_raw(checksum_fold(checksum_add(data.data(), data.size()))).host(), 0xddf2);
    EXPECT_EQ(checksum_finish(checksum_add(data.data(), data.size())).host(), 0x220d);
}

TEST(checksum, ipv4_header_of_a_capture) {
    const bytes header{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                       0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
    EXPECT_TRUE(checksum_valid(checksum_add(header.data(), header.size())));
}

TEST(checksum, any_length_and_alignment_as_the_model) {
    random_source random;
    for (std::size_t length = 0; length < 400; ++length) {
        for (std::size_t offset = 0; offset < 9; ++offset) {
            const bytes data = random.data(length);
            const exact_buffer padded(random.data(offset) + data);
            const exact_buffer target(offset + length);
            const auto sum = checksum_add(padded.data() + offset, length);
            ASSERT_EQ(checksum_finish(sum).host(), slow_checksum(data)) << length << " at " << offset;
            const auto copied = checksum_copy(target.data() + offset, padded.data() + offset, length, 0x1234);
            ASSERT_EQ(checksum_fold(copied), checksum_fold(sum + 0x1234));
            ASSERT_EQ(slice(target.copy(), offset), data);
        }
    }
}

TEST(checksum, extremes_do_not_overflow) {
    const bytes ones(65535, 0xff);
    EXPECT_EQ(checksum_finish(checksum_add(ones.data(), ones.size())).host(), slow_checksum(ones));
    const bytes zeros(1000);
    EXPECT_EQ(checksum_finish(checksum_add(zeros.data(), zeros.size())).host(), 0xffff);
    EXPECT_EQ(checksum_fold(~checksum_sum{0}), 0xffff);
}

TEST(checksum, even_pieces_add_up) {
    random_source random;
    for (int i = 0; i < 200; ++i) {
        const bytes data = random.data(random.between(2, 3000));
        const std::size_t cut = random.below(static_cast<std::uint32_t>(data.size() / 2)) * 2;
        const auto whole = checksum_add(data.data(), data.size());
        const auto first = checksum_add(data.data(), cut);
        ASSERT_EQ(checksum_fold(checksum_add(data.data() + cut, data.size() - cut, first)),
                  checksum_fold(whole));
    }
}

TEST(checksum, pseudo_headers_as_the_model) {
    const bytes v4 = ip("10.1.2.3") + ip("192.168.77.1");
    EXPECT_EQ(checksum_finish(checksum_pseudo_v4(v4.data(), 17, 1480)).host(),
              slow_checksum(pseudo_header(ip("10.1.2.3"), ip("192.168.77.1"), 17, 1480)));
    const bytes v6 = ip("fd00::1:2") + ip("2001:db8::ff");
    EXPECT_EQ(checksum_finish(checksum_pseudo_v6(v6.data(), 58, 70000)).host(),
              slow_checksum(pseudo_header(ip("fd00::1:2"), ip("2001:db8::ff"), 58, 70000)));
}

// RFC 1624 section 4: equation 2 of RFC 1141 gets this one wrong (0xffff).
TEST(checksum, update_gives_the_zero_of_rfc_1624) {
    EXPECT_EQ(checksum_update(be16(0xdd2f), be16(0x5555), be16(0x3285)).host(), 0x0000);
}

TEST(checksum, update_equals_summing_again) {
    random_source random;
    for (int i = 0; i < 20000; ++i) {
        bytes data = random.data(20);
        const be16 before(slow_checksum(data));
        const std::size_t at = random.below(10) * 2;
        const be16 from(get16(data, at));
        const be16 to(static_cast<std::uint16_t>(random.below(65536)));
        put16(data, at, to.host());
        ASSERT_EQ(checksum_update(before, from, to).host(), slow_checksum(data));
    }
}

// RFC 768: a computed checksum of zero is sent as all ones.
TEST(checksum, udp_never_sends_zero) {
    EXPECT_EQ(checksum_finish_udp(0xffff).host(), 0xffff);
    EXPECT_EQ(checksum_finish_udp(0).host(), 0xffff);
    EXPECT_EQ(checksum_finish_udp(be16(0x1234).raw()).host(), 0xedcb);
}

}  // namespace
}  // namespace waggle::test
