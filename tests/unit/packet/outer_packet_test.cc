#include "dataplane/packet/outer_packet.hh"

#include "tests/unit/packet/packet_builder.hh"

namespace waggle::test {
namespace {

constexpr const char* here = "02:00:00:00:00:01";
constexpr const char* there = "02:00:00:00:00:02";

/// The parsed packet; its pointers are gone.
struct parsed_packet : outer_packet {
    ip_address from;
    ip_address to;
};

parsed_packet parse(const bytes& packet) {
    const exact_buffer buffer(packet);
    const outer_packet parsed = parse_outer_packet(buffer.data(), buffer.size());
    parsed_packet result{parsed, {}, {}};
    if (parsed.verdict == outer_verdict::udp || parsed.verdict == outer_verdict::fragment) {
        result.from = parsed.source();
        result.to = parsed.destination();
    }
    return result;
}
bytes over_v4(const bytes& datagram, const ip_options& options = {}, std::uint8_t protocol = 17) {
    return ethernet(there, here, 0x0800, ipv4("192.0.2.1", "192.0.2.2", protocol, datagram, options));
}
bytes over_v6(const bytes& datagram, std::uint8_t next_header = 17) {
    return ethernet(there, here, 0x86dd, ipv6("fd00::1", "fd00::2", next_header, datagram, {.tos = 0x0b}));
}
bytes with_byte(bytes packet, std::size_t at, std::uint8_t value) {
    packet.at(at) = value;
    return packet;
}
/// IPv4 with a header changed and its checksum right again.
bytes resealed(bytes packet, std::size_t at, std::uint8_t value) {
    packet.at(at) = value;
    put16(packet, 24, 0);
    put16(packet, 24, slow_checksum(slice(packet, 14, 20)));
    return packet;
}

TEST(outer_packet, reads_ipv4) {
    const auto parsed = parse(over_v4(udp(50000, 4789, bytes(30)), {.tos = 0x03}));
    EXPECT_EQ(parsed.verdict, outer_verdict::udp);
    EXPECT_FALSE(parsed.ipv6);
    EXPECT_EQ(parsed.tos, 0x03);
    EXPECT_EQ(parsed.destination_port.host(), 4789);
    EXPECT_EQ(parsed.payload_offset, 42);
    EXPECT_EQ(parsed.payload_length, 30);
    EXPECT_EQ(parsed.from, ip_address::parse("192.0.2.1"));
    EXPECT_EQ(parsed.to, ip_address::parse("192.0.2.2"));
}

TEST(outer_packet, reads_options_and_leaves_padding_out) {
    const auto parsed = parse(over_v4(udp(50000, 4789, bytes(3)), {.extra = bytes(40, 1)}) + bytes(20));
    EXPECT_EQ(parsed.verdict, outer_verdict::udp);
    EXPECT_EQ(parsed.payload_offset, 82);
    EXPECT_EQ(parsed.payload_length, 3);
}

TEST(outer_packet, reads_ipv6) {
    const auto parsed = parse(over_v6(udp(50000, 4790, bytes(30))) + bytes(4));
    EXPECT_EQ(parsed.verdict, outer_verdict::udp);
    EXPECT_TRUE(parsed.ipv6);
    EXPECT_EQ(parsed.tos, 0x0b);
    EXPECT_EQ(parsed.destination_port.host(), 4790);
    EXPECT_EQ(parsed.payload_offset, 62);
    EXPECT_EQ(parsed.payload_length, 30);
    EXPECT_EQ(parsed.from, ip_address::parse("fd00::1"));
    EXPECT_EQ(parsed.to, ip_address::parse("fd00::2"));
}

TEST(outer_packet, leaves_what_is_not_ours) {
    EXPECT_EQ(parse(ethernet(there, here, 0x0806, bytes(28))).verdict, outer_verdict::other);
    EXPECT_EQ(parse(ethernet(there, here, 0x8100, bytes(28))).verdict, outer_verdict::other);
    EXPECT_EQ(parse(over_v4(bytes(20), {}, 6)).verdict, outer_verdict::other);
    EXPECT_EQ(parse(over_v4(bytes(20), {.fragment = 0x2000}, 6)).verdict, outer_verdict::other);
    EXPECT_EQ(parse(over_v6(bytes(20), 58)).verdict, outer_verdict::other);
    EXPECT_EQ(parse(over_v6(bytes{17, 0, 1, 4, 0, 0, 0, 0} + udp(1, 2, {}), 0)).verdict,
              outer_verdict::other);
    EXPECT_EQ(parse(over_v6(bytes{6, 0, 0, 1, 0, 0, 0, 1}, 44)).verdict, outer_verdict::other);
}

// RFC 7348 section 4.3: VTEPs must not fragment.
TEST(outer_packet, names_fragments) {
    EXPECT_EQ(parse(over_v4(udp(1, 4789, bytes(8)), {.fragment = 0x2000})).verdict, outer_verdict::fragment);
    EXPECT_EQ(parse(over_v4(udp(1, 4789, bytes(8)), {.fragment = 0x0001})).verdict, outer_verdict::fragment);
    EXPECT_EQ(parse(over_v6(bytes{17, 0, 0, 1, 0, 0, 0, 1} + udp(1, 4789, {}), 44)).verdict,
              outer_verdict::fragment);
    EXPECT_EQ(parse(over_v4(udp(1, 4789, bytes(8)), {.fragment = 0x4000})).verdict, outer_verdict::udp);
}

TEST(outer_packet, checks_the_ipv4_header_checksum) {
    const bytes good = over_v4(udp(1, 4789, bytes(8)));
    EXPECT_EQ(parse(with_byte(good, 22, 63)).verdict, outer_verdict::checksum);
    EXPECT_EQ(parse(with_byte(over_v4(udp(1, 4789, bytes(8)), {.extra = bytes(4, 1)}), 36, 2)).verdict,
              outer_verdict::checksum);
}

TEST(outer_packet, names_malformed_headers) {
    const bytes v4 = over_v4(udp(1, 4789, bytes(8)));
    const bytes v6 = over_v6(udp(1, 4789, bytes(8)));
    const struct {
        const char* why;
        bytes packet;
    } cases[] = {
        {"v4 version", resealed(v4, 14, 0x65)},
        {"v4 header length", resealed(v4, 14, 0x44)},
        {"v4 total length above the packet", resealed(v4, 17, 37)},
        {"v4 total length below the header", resealed(v4, 17, 19)},
        {"v4 without room for UDP", resealed(v4, 17, 27)},
        {"udp length above the IP payload", with_byte(v4, 39, 17)},
        {"udp length below the header", with_byte(v4, 39, 7)},
        {"v6 version", with_byte(v6, 14, 0x40)},
        {"v6 payload length above the packet", with_byte(v6, 19, 17)},
        {"v6 without room for UDP", with_byte(v6, 19, 7)},
        {"v6 udp length", with_byte(v6, 59, 17)},
        {"v6 short fragment header", over_v6(bytes{17, 0, 0}, 44)},
    };
    for (const auto& one : cases) EXPECT_EQ(parse(one.packet).verdict, outer_verdict::malformed) << one.why;
}

TEST(outer_packet, reads_nothing_beyond_a_cut_packet) {
    for (const bytes& whole :
         {over_v4(udp(1, 4789, bytes(8)), {.extra = bytes(8, 1)}), over_v6(udp(1, 4789, bytes(8)))})
        for (std::size_t length = 0; length < whole.size(); ++length)
            EXPECT_EQ(parse(slice(whole, 0, length)).verdict, outer_verdict::malformed) << length;
}

}  // namespace
}  // namespace waggle::test
