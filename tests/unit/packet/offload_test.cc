#include "dataplane/packet/offload.hh"

#include "dataplane/packet/virtio_net_header.hh"
#include "tests/unit/packet/packet_builder.hh"

namespace waggle::test {
namespace {

constexpr const char* here = "02:00:00:00:00:01";
constexpr const char* there = "02:00:00:00:00:02";

bytes tcp_frame(const bytes& payload, unsigned flags = 0x10) {
    return ethernet(there, here, 0x0800, ipv4("10.0.0.1", "10.0.0.2", 6, tcp(1, 2, 3, flags, payload)));
}
bytes udp_frame(const bytes& payload) {
    return ethernet(there, here, 0x0800, ipv4("10.0.0.1", "10.0.0.2", 17, udp(1, 2, payload)));
}
/// The checksum field as the kernel leaves it: the pseudo header's sum.
bytes partial(bytes frame, std::uint8_t protocol, std::size_t field) {
    put16(frame, 34 + field,
          slow_sum(pseudo_header(ip("10.0.0.1"), ip("10.0.0.2"), protocol, frame.size() - 34)));
    return frame;
}

bool fits(const packet_offload& offload, const bytes& frame) {
    const exact_buffer buffer(frame);
    return offload_fits(offload, buffer.data(), buffer.size(),
                        parse_inner_frame(buffer.data(), buffer.size()));
}

TEST(offload, completes_partial_checksums_of_any_length) {
    random_source random;
    for (std::uint32_t length = 0; length < 300; ++length) {
        const bytes payload = random.data(length);
        const exact_buffer frame(partial(tcp_frame(payload), 6, 16));
        packet_offload offload{.checksum_start = 34, .checksum_offset = 16, .partial_checksum = 1};
        complete_checksum(offload, frame.data(), frame.size());
        EXPECT_EQ(offload.partial_checksum, 0);
        const bytes expected =
            ethernet(there, here, 0x0800,
                     ipv4("10.0.0.1", "10.0.0.2", 6,
                          with_checksum("10.0.0.1", "10.0.0.2", 6, tcp(1, 2, 3, 0x10, payload), 16)));
        ASSERT_EQ(frame.copy(), expected);
    }
}

// RFC 768: a UDP checksum that comes out as 0 is sent as all ones.
TEST(offload, sends_all_ones_for_a_udp_checksum_of_zero) {
    const bytes without = udp_frame(bytes(2));
    const bytes covered = pseudo_header(ip("10.0.0.1"), ip("10.0.0.2"), 17, 10) + slice(without, 34);
    const exact_buffer frame(partial(udp_frame(u16(slow_checksum(covered))), 17, 6));
    packet_offload offload{.checksum_start = 34, .checksum_offset = 6, .partial_checksum = 1};
    complete_checksum(offload, frame.data(), frame.size());
    EXPECT_EQ(get16(frame.copy(), 40), 0xffff);
}

TEST(offload, checks_bounds) {
    const auto in_bounds = [](std::uint16_t start, std::uint16_t offset, std::size_t length) {
        return offload_in_bounds({.checksum_start = start, .checksum_offset = offset, .partial_checksum = 1},
                                 length);
    };
    EXPECT_TRUE(in_bounds(34, 16, 54));
    EXPECT_TRUE(in_bounds(34, 16, 52));
    EXPECT_FALSE(in_bounds(34, 16, 51));
    EXPECT_FALSE(in_bounds(65535, 65534, 65535));
    EXPECT_FALSE(in_bounds(13, 6, 100));
    EXPECT_FALSE(in_bounds(34, 7, 100));
    EXPECT_FALSE(offload_in_bounds({.segment_size = 100}, 200));
    EXPECT_FALSE(offload_in_bounds({.kind = segmentation::udp}, 200));
}

TEST(offload, checks_that_a_cut_fits_the_frame) {
    const packet_offload tcp_v4{34, 16, 100, segmentation::tcp_v4, 1};
    const packet_offload by_udp{34, 6, 100, segmentation::udp, 1};
    EXPECT_TRUE(fits(tcp_v4, tcp_frame(bytes(500))));
    EXPECT_TRUE(fits(by_udp, udp_frame(bytes(500))));
    EXPECT_TRUE(
        fits({54, 16, 100, segmentation::tcp_v6, 1},
             ethernet(there, here, 0x86dd, ipv6("fd00::1", "fd00::2", 6, tcp(1, 2, 3, 4, bytes(9))))));
    EXPECT_FALSE(fits(tcp_v4, udp_frame(bytes(500))));
    EXPECT_FALSE(fits(by_udp, tcp_frame(bytes(500))));
    EXPECT_FALSE(fits({34, 16, 100, segmentation::tcp_v6, 1}, tcp_frame(bytes(500))));
    EXPECT_FALSE(fits({34, 6, 100, segmentation::tcp_v4, 1}, tcp_frame(bytes(500))));
    EXPECT_FALSE(fits({36, 16, 100, segmentation::tcp_v4, 1}, tcp_frame(bytes(500))));
    EXPECT_FALSE(fits(tcp_v4, ethernet(there, here, 0x88cc, bytes(500))));
    EXPECT_FALSE(fits(tcp_v4, ethernet(there, here, 0x0800,
                                       ipv4("10.0.0.1", "10.0.0.2", 6, tcp(1, 2, 3, 4, bytes(100)),
                                            {.fragment = 0x2000}))));
    bytes short_header = tcp_frame(bytes(500));
    short_header[46] = 0x40;
    EXPECT_FALSE(fits(tcp_v4, short_header));
    bytes long_header = tcp_frame(bytes(8));
    long_header[46] = 0xf0;
    EXPECT_FALSE(fits(tcp_v4, long_header));
    EXPECT_FALSE(fits({34, 6, 100, segmentation::udp, 1},
                      ethernet(there, here, 0x0800, ipv4("10.0.0.1", "10.0.0.2", 17, bytes(7))) + bytes(9)));
}

TEST(virtio_net_header, reads_what_the_kernel_sends) {
    packet_offload offload;
    EXPECT_TRUE(read_virtio_header({}, 60, offload));
    EXPECT_FALSE(is_offload_needed(offload));
    EXPECT_TRUE(read_virtio_header({.flags = virtio_net::flag_data_valid}, 60, offload));
    EXPECT_FALSE(is_offload_needed(offload));
    EXPECT_TRUE(read_virtio_header({.flags = 1, .checksum_start = 34, .checksum_offset = 16}, 60, offload));
    EXPECT_TRUE(is_offload_needed(offload));
    EXPECT_EQ(offload.checksum_start, 34);
    EXPECT_EQ(offload.checksum_offset, 16);
    EXPECT_EQ(offload.kind, segmentation::none);
    const struct {
        std::uint8_t type;
        segmentation kind;
    } kinds[] = {{1, segmentation::tcp_v4},
                 {0x81, segmentation::tcp_v4},
                 {4, segmentation::tcp_v6},
                 {0x84, segmentation::tcp_v6},
                 {5, segmentation::udp}};
    for (const auto& one : kinds) {
        EXPECT_TRUE(read_virtio_header({1, one.type, 54, 1448, 34, 16}, 6000, offload));
        EXPECT_EQ(offload.kind, one.kind);
        EXPECT_EQ(offload.segment_size, 1448);
        EXPECT_EQ(offload.partial_checksum, 1);
    }
}

TEST(virtio_net_header, refuses_nonsense) {
    packet_offload offload;
    EXPECT_FALSE(read_virtio_header({.flags = 1, .checksum_start = 50, .checksum_offset = 16}, 60, offload));
    EXPECT_FALSE(read_virtio_header({1, 1, 54, 0, 34, 16}, 6000, offload)) << "segments of no bytes";
    EXPECT_FALSE(read_virtio_header({0, 1, 54, 1448, 0, 0}, 6000, offload)) << "cut without a checksum";
    EXPECT_FALSE(read_virtio_header({1, 3, 54, 1448, 34, 6}, 6000, offload)) << "UDP fragmentation";
    EXPECT_FALSE(read_virtio_header({1, 2, 54, 1448, 34, 6}, 6000, offload)) << "unknown type";
    EXPECT_FALSE(read_virtio_header({1, 0x41, 54, 1448, 34, 6}, 6000, offload)) << "unknown type";
}

TEST(virtio_net_header, makes_what_the_kernel_takes) {
    const auto make = [](const packet_offload& offload, const bytes& frame) {
        const exact_buffer buffer(frame);
        return make_virtio_header(offload, buffer.data(), buffer.size());
    };
    const auto tcp_header = make({34, 16, 1448, segmentation::tcp_v4, 1}, tcp_frame(bytes(5000)));
    EXPECT_EQ(tcp_header.flags, 1);
    EXPECT_EQ(tcp_header.gso_type, 1);
    EXPECT_EQ(tcp_header.header_length, 54);
    EXPECT_EQ(tcp_header.gso_size, 1448);
    EXPECT_EQ(tcp_header.checksum_start, 34);
    EXPECT_EQ(tcp_header.checksum_offset, 16);
    EXPECT_EQ(make({34, 16, 1448, segmentation::tcp_v4, 1}, tcp_frame(bytes(5000), 0x90)).gso_type, 0x81);
    EXPECT_EQ(make({34, 16, 1448, segmentation::tcp_v6, 1}, tcp_frame(bytes(5000))).gso_type, 4);
    const auto udp_header = make({34, 6, 1200, segmentation::udp, 1}, udp_frame(bytes(5000)));
    EXPECT_EQ(udp_header.gso_type, 5);
    EXPECT_EQ(udp_header.header_length, 42);
    const auto plain = make({}, udp_frame({}));
    EXPECT_EQ(plain.flags, 0);
    EXPECT_EQ(plain.gso_type, 0);
    const auto checksum_only = make({34, 6, 0, segmentation::none, 1}, udp_frame({}));
    EXPECT_EQ(checksum_only.flags, 1);
    EXPECT_EQ(checksum_only.header_length, 0);
}

TEST(virtio_net_header, survives_the_round_trip) {
    for (auto kind : {segmentation::tcp_v4, segmentation::udp}) {
        const bool by_tcp = kind == segmentation::tcp_v4;
        const packet_offload before{34, static_cast<std::uint16_t>(by_tcp ? 16 : 6), 1000, kind, 1};
        const exact_buffer frame(by_tcp ? tcp_frame(bytes(4000)) : udp_frame(bytes(4000)));
        packet_offload after;
        ASSERT_TRUE(
            read_virtio_header(make_virtio_header(before, frame.data(), frame.size()), frame.size(), after));
        EXPECT_EQ(std::memcmp(&before, &after, sizeof before), 0);
    }
}

}  // namespace
}  // namespace waggle::test
