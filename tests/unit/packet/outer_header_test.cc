#include "dataplane/packet/outer_header.hh"

#include "tests/unit/packet/packet_builder.hh"

namespace waggle::test {
namespace {

constexpr const char* here = "02:00:00:00:00:01";
constexpr const char* there = "02:00:00:00:00:02";

vxlan_header header_of(std::uint32_t id) {
    return make_vxlan_header(*vni::from(id));
}

bytes as_bytes(const vxlan_header& header) {
    bytes made(sizeof header);
    std::memcpy(made.data(), &header, sizeof header);
    return made;
}

// RFC 7348 section 5: flags RRRRIRRR, 24 reserved bits, VNI, 8 reserved bits.
TEST(vxlan, header_of_rfc_7348) {
    EXPECT_EQ(as_bytes(header_of(0x123456)), (bytes{0x08, 0, 0, 0, 0x12, 0x34, 0x56, 0}));
    EXPECT_EQ(as_bytes(header_of(vni::maximum)), (bytes{0x08, 0, 0, 0, 0xff, 0xff, 0xff, 0}));
}

// RFC 7348 section 5: reserved bits are ignored on receipt, the I flag must be set.
TEST(vxlan, reads_headers) {
    const bytes odd{0xff, 1, 2, 3, 0x12, 0x34, 0x56, 0x99};
    const auto& header = header_at<vxlan_header>(odd.data());
    EXPECT_TRUE(header.has_vni());
    EXPECT_EQ(header.id().value(), 0x123456U);
    const bytes without{0xf7, 0xff, 0xff, 0xff, 0x12, 0x34, 0x56, 0};
    EXPECT_FALSE(header_at<vxlan_header>(without.data()).has_vni());
}

TEST(outer_header, writes_ipv4) {
    random_source random;
    bytes header =
        ethernet(there, here, 0x0800, ipv4("192.0.2.1", "192.0.2.2", 17, udp(0, 4789, {}), {.fragment = 0}));
    put16(header, 16, 0);
    put16(header, 18, 0);
    put16(header, 24, 0);
    put16(header, 38, 0);
    header.resize(64);
    const auto base = static_cast<std::uint32_t>(checksum_add(header.data() + 14, 20));
    for (int i = 0; i < 1000; ++i) {
        const bytes frame = random.data(random.between(14, 9000));
        const outer_fields fields{.frame_length = static_cast<std::uint16_t>(frame.size()),
                                  .source_port = be16(static_cast<std::uint16_t>(random.below(65536))),
                                  .id = static_cast<std::uint16_t>(random.below(65536)),
                                  .tos = static_cast<std::uint8_t>(random.below(4)),
                                  .vxlan = header_of(random.below(1 << 24))};
        const exact_buffer written(outer_length_v4);
        write_outer_v4(written.data(), header.data(), base, fields);
        ASSERT_EQ(written.copy() + frame,
                  ethernet(there, here, 0x0800,
                           ipv4("192.0.2.1", "192.0.2.2", 17,
                                udp(fields.source_port.host(), 4789, as_bytes(fields.vxlan) + frame),
                                {.tos = fields.tos, .id = fields.id, .fragment = 0})));
    }
}

TEST(outer_header, writes_ipv6) {
    random_source random;
    bytes header = ethernet(there, here, 0x86dd, ipv6("fd00::1", "fd00::2", 17, udp(0, 4789, {})));
    put16(header, 18, 0);
    put16(header, 58, 0);
    header.resize(64);
    const auto base =
        static_cast<std::uint32_t>(checksum_pseudo_v6(header.data() + 22, 17, 0) + be16(4789).raw());
    for (int i = 0; i < 1000; ++i) {
        const bytes frame = random.data(random.between(14, 9000));
        const outer_fields fields{.frame_length = static_cast<std::uint16_t>(frame.size()),
                                  .source_port = be16(static_cast<std::uint16_t>(random.below(65536))),
                                  .tos = static_cast<std::uint8_t>(random.below(4)),
                                  .vxlan = header_of(random.below(1 << 24))};
        const exact_buffer written(outer_length_v6);
        write_outer_v6(written.data(), header.data(), base, fields, checksum_add(frame.data(), frame.size()));
        bytes datagram =
            with_checksum("fd00::1", "fd00::2", 17,
                          udp(fields.source_port.host(), 4789, as_bytes(fields.vxlan) + frame), 6);
        if (get16(datagram, 6) == 0) put16(datagram, 6, 0xffff);
        ASSERT_EQ(
            written.copy() + frame,
            ethernet(there, here, 0x86dd, ipv6("fd00::1", "fd00::2", 17, datagram, {.tos = fields.tos})));
    }
}

}  // namespace
}  // namespace waggle::test
