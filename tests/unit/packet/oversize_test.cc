#include "dataplane/packet/oversize.hh"

#include "tests/unit/packet/packet_builder.hh"

namespace waggle::test {
namespace {

constexpr const char* here = "02:00:00:00:00:01";
constexpr const char* there = "02:00:00:00:00:02";

/// The answer, or nothing.
bytes answer(const bytes& frame, std::uint16_t mtu, std::size_t headroom = 128, std::size_t tailroom = 0) {
    const exact_buffer buffer(bytes(headroom, 0xee) + frame + bytes(tailroom, 0xee));
    frame_window window{buffer.data(), buffer.size(), headroom, frame.size()};
    const auto parsed = parse_inner_frame(window.frame(), window.length);
    if (!answer_oversize(window, parsed, mtu)) {
        EXPECT_EQ(slice(buffer.copy(), headroom, frame.size()), frame) << "changed without an answer";
        EXPECT_EQ(window.offset, headroom);
        return {};
    }
    return slice(buffer.copy(), window.offset, window.length);
}

bytes large_v4(std::size_t payload = 1480, const ip_options& options = {}) {
    return ipv4("10.0.0.1", "10.0.0.2", 6, tcp(1000, 80, 77, 0x10, bytes(payload - 20, 0x5a)), options);
}
bytes large_v6(std::size_t payload = 1460) {
    return ipv6("fd00::1", "fd00::2", 6, tcp(1000, 80, 77, 0x10, bytes(payload - 20, 0x5a)));
}
bytes expected_v4(const bytes& packet, std::uint16_t mtu, std::size_t quoted) {
    bytes message = bytes{3, 4, 0, 0, 0, 0} + u16(mtu) + slice(packet, 0, quoted);
    put16(message, 2, slow_checksum(message));
    return ethernet(here, there, 0x0800, ipv4("10.0.0.2", "10.0.0.1", 1, message, {.tos = 0xc0, .id = 0}));
}
bytes expected_v6(const bytes& packet, std::uint16_t mtu, std::size_t quoted) {
    const bytes message = bytes{2, 0, 0, 0} + u32(mtu) + slice(packet, 0, quoted);
    return ethernet(here, there, 0x86dd,
                    ipv6("fd00::2", "fd00::1", 58, with_checksum("fd00::2", "fd00::1", 58, message, 2)));
}

// RFC 1191 section 4: type 3, code 4, next-hop MTU in the low 16 bits; RFC 1812 section 4.3.2.3: 576 bytes.
TEST(oversize, answers_ipv4) {
    EXPECT_EQ(answer(ethernet(there, here, 0x0800, large_v4()), 1450), expected_v4(large_v4(), 1450, 548));
}

TEST(oversize, answers_ipv4_with_df_clear_and_with_options) {
    const bytes packet = large_v4(1480, {.fragment = 0, .extra = bytes(12, 1)});
    EXPECT_EQ(answer(ethernet(there, here, 0x0800, packet), 1450), expected_v4(packet, 1450, 548));
}

TEST(oversize, answers_the_first_fragment) {
    const bytes packet = large_v4(1480, {.fragment = 0x2000});
    EXPECT_EQ(answer(ethernet(there, here, 0x0800, packet), 1450), expected_v4(packet, 1450, 548));
}

TEST(oversize, answer_keeps_within_a_small_mtu) {
    EXPECT_EQ(answer(ethernet(there, here, 0x0800, large_v4()), 300), expected_v4(large_v4(), 300, 272));
    EXPECT_EQ(answer(ethernet(there, here, 0x0800, large_v4()), 40), bytes{});
}

// RFC 4443 section 3.2 and 2.4 (c): as much as fits 1,280 bytes.
TEST(oversize, answers_ipv6) {
    EXPECT_EQ(answer(ethernet(there, here, 0x86dd, large_v6()), 1430), expected_v6(large_v6(), 1430, 1232));
}

TEST(oversize, quotes_a_short_packet_whole_and_leaves_padding_out) {
    EXPECT_EQ(answer(ethernet(there, here, 0x0800, large_v4(200) + bytes(30)), 150),
              expected_v4(large_v4(200), 150, 122));
    EXPECT_EQ(answer(ethernet(there, here, 0x0800, large_v4(200) + bytes(30)), 576),
              expected_v4(large_v4(200), 576, 220));
}

TEST(oversize, needs_no_headroom) {
    for (std::size_t headroom : {0, 1, 27, 28, 47, 48}) {
        EXPECT_EQ(answer(ethernet(there, here, 0x0800, large_v4()), 1450, headroom),
                  expected_v4(large_v4(), 1450, 548));
        EXPECT_EQ(answer(ethernet(there, here, 0x86dd, large_v6()), 1430, headroom),
                  expected_v6(large_v6(), 1430, 1232));
    }
    // Too small a buffer for the answer: 200 bytes quoted take 242.
    const bytes frame = ethernet(there, here, 0x0800, large_v4(180));
    EXPECT_EQ(answer(frame, 576, 0, 27), bytes{});
    EXPECT_EQ(answer(frame, 576, 0, 28), expected_v4(large_v4(180), 576, 200));
}

TEST(oversize, does_not_answer_what_must_not_be_answered) {
    const bytes payload = bytes(1480, 0x11);
    const auto v4 = [&](const char* source, const char* destination, std::uint8_t protocol,
                        const bytes& content, const ip_options& options = {}) {
        return ethernet(there, here, 0x0800, ipv4(source, destination, protocol, content, options));
    };
    const auto v6 = [&](const char* source, const char* destination, std::uint8_t protocol,
                        const bytes& content) {
        return ethernet(there, here, 0x86dd, ipv6(source, destination, protocol, content));
    };
    const struct {
        const char* why;
        bytes frame;
        std::uint16_t mtu;
    } cases[] = {
        {"not IP", ethernet(there, here, 0x88cc, payload), 1450},
        {"group at layer 2", ethernet("ff:ff:ff:ff:ff:ff", here, 0x0800, large_v4()), 1450},
        {"v4 multicast destination", v4("10.0.0.1", "224.0.0.5", 17, payload), 1450},
        {"v4 broadcast destination", v4("10.0.0.1", "255.255.255.255", 17, payload), 1450},
        {"v4 unspecified source", v4("0.0.0.0", "10.0.0.2", 17, payload), 1450},
        {"v4 multicast source", v4("239.1.1.1", "10.0.0.2", 17, payload), 1450},
        {"v4 loopback source", v4("127.0.0.1", "10.0.0.2", 17, payload), 1450},
        {"v4 reserved source", v4("240.0.0.1", "10.0.0.2", 17, payload), 1450},
        {"v4 later fragment", v4("10.0.0.1", "10.0.0.2", 17, payload, {.fragment = 0x2001}), 1450},
        {"icmp unreachable", v4("10.0.0.1", "10.0.0.2", 1, bytes{3} + payload), 1450},
        {"icmp source quench", v4("10.0.0.1", "10.0.0.2", 1, bytes{4} + payload), 1450},
        {"icmp redirect", v4("10.0.0.1", "10.0.0.2", 1, bytes{5} + payload), 1450},
        {"icmp time exceeded", v4("10.0.0.1", "10.0.0.2", 1, bytes{11} + payload), 1450},
        {"icmp parameter problem", v4("10.0.0.1", "10.0.0.2", 1, bytes{12} + payload), 1450},
        {"v6 multicast destination", v6("fd00::1", "ff02::1", 17, payload), 1430},
        {"v6 multicast source", v6("ff02::1", "fd00::2", 17, payload), 1430},
        {"v6 unspecified source", v6("::", "fd00::2", 17, payload), 1430},
        {"v6 loopback source", v6("::1", "fd00::2", 17, payload), 1430},
        {"v6 later fragment", v6("fd00::1", "fd00::2", 44, bytes{17, 0, 0, 8, 0, 0, 0, 1} + payload), 1430},
        {"icmpv6 error", v6("fd00::1", "fd00::2", 58, bytes{2} + payload), 1430},
        {"icmpv6 redirect", v6("fd00::1", "fd00::2", 58, bytes{137} + payload), 1430},
        {"v6 mtu below the minimum", ethernet(there, here, 0x86dd, large_v6()), 1279},
    };
    for (const auto& one : cases) EXPECT_EQ(answer(one.frame, one.mtu), bytes{}) << one.why;
}

TEST(oversize, answers_echo_requests) {
    EXPECT_FALSE(
        answer(ethernet(there, here, 0x0800, ipv4("10.0.0.1", "10.0.0.2", 1, bytes{8} + bytes(1479))), 1450)
            .empty());
    EXPECT_FALSE(
        answer(ethernet(there, here, 0x86dd, ipv6("fd00::1", "fd00::2", 58, bytes{128} + bytes(1479))), 1430)
            .empty());
    EXPECT_FALSE(answer(ethernet(there, here, 0x86dd, large_v6()), 1280).empty());
}

}  // namespace
}  // namespace waggle::test
