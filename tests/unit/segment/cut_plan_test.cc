#include "dataplane/segment/cut_plan.hh"

#include <cstring>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/segment/gso_frame.hh"

namespace waggle::test {
namespace {

/// On the heap without a byte to spare, so that AddressSanitizer sees every overrun.
std::unique_ptr<std::uint8_t[]> exact(const bytes& content) {
    std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[content.size()]);
    std::copy(content.begin(), content.end(), copy.get());
    return copy;
}

bool can_cut(const bytes& frame, const packet_offload& offload) {
    const auto buffer = exact(frame);
    cut_plan plan;
    const bool can = plan.read(buffer.get(), frame.size(), offload);
    EXPECT_EQ(can, plan.pieces() != 0);
    EXPECT_EQ(segmented_length(buffer.get(), frame.size(), offload), plan.largest_packet());
    return can;
}

void expect_pieces(const gso_frame& made) {
    const bytes whole = made.whole();
    const auto buffer = exact(whole);
    cut_plan plan;
    ASSERT_TRUE(plan.read(buffer.get(), whole.size(), made.offload()));
    ASSERT_EQ(plan.pieces(), made.pieces());
    ASSERT_EQ(plan.header_length(), made.header_length());
    std::size_t largest = 0;
    // Backwards, because pieces do not depend on one another.
    for (std::uint32_t index = plan.pieces(); index-- > 0;) {
        bytes piece(plan.piece_length(index));
        const auto target = exact(piece);
        plan.write(index, target.get());
        std::memcpy(piece.data(), target.get(), piece.size());
        const bytes expected = made.piece(index);
        ASSERT_EQ(piece, expected) << "piece " << index << "\n" << hex(piece) << "\nnot\n" << hex(expected);
        largest = std::max(largest, piece.size() - 14);
    }
    EXPECT_EQ(plan.largest_packet(), largest);
}

TEST(cut_plan, cuts_tcp_over_ipv4) {
    expect_pieces({});
    expect_pieces({.tcp_options = pattern(12)});
    expect_pieces({.tcp_options = pattern(40), .ip_options = bytes(40, 1)});
}

TEST(cut_plan, cuts_tcp_over_ipv6) {
    expect_pieces({.kind = segmentation::tcp_v6, .v6 = true});
    const bytes extensions = concatenated({{60, 0, 1, 4, 0, 0, 0, 0}, {6, 1}, bytes(14)});
    expect_pieces({.kind = segmentation::tcp_v6, .v6 = true, .ip_options = extensions, .first_header = 0});
}

TEST(cut_plan, cuts_udp) {
    expect_pieces({.kind = segmentation::udp, .segment_size = 1200});
    expect_pieces({.kind = segmentation::udp, .v6 = true, .segment_size = 1201});
}

// The sequence number, the IPv4 id: both wrap.
TEST(cut_plan, counts_on_over_the_limit) {
    expect_pieces({.sequence = 0xffff'fc00, .id = 0xfffe});
}

// RFC 3168 section 6.1.2: CWR on the first segment only; FIN and PSH belong to the last.
TEST(cut_plan, gives_flags_to_the_right_pieces) {
    expect_pieces({.tcp_flags = 0xff});
    gso_frame made{.segment_size = 1000, .payload = pattern(3000), .tcp_flags = 0x99};
    EXPECT_EQ(made.piece(0)[47], 0x90);
    EXPECT_EQ(made.piece(1)[47], 0x10);
    EXPECT_EQ(made.piece(2)[47], 0x19);
    expect_pieces(made);
}

TEST(cut_plan, leaves_padding_out) {
    expect_pieces({.padding = bytes(9, 0xff)});
}

TEST(cut_plan, cuts_into_a_single_piece) {
    expect_pieces({.segment_size = 5000});
    expect_pieces({.payload = pattern(1)});
    gso_frame larger{.segment_size = 65535};
    expect_pieces(larger);
}

TEST(cut_plan, cuts_the_largest_frames) {
    expect_pieces({.payload = pattern(65535 - 40)});
    expect_pieces({.kind = segmentation::tcp_v6, .v6 = true, .payload = pattern(65535 - 60)});
    expect_pieces({.kind = segmentation::udp, .segment_size = 8, .payload = pattern(65535 - 28)});
}

TEST(cut_plan, cuts_random_frames_as_the_model) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    for (int i = 0; i < 300; ++i) {
        gso_frame made;
        made.kind = static_cast<segmentation>(1 + below(3));
        made.v6 = made.kind == segmentation::tcp_v6 || (made.kind == segmentation::udp && below(2) == 0);
        made.payload.resize(1 + below(i % 10 == 0 ? 65000 : 9000));
        for (auto& byte : made.payload) byte = static_cast<std::uint8_t>(random());
        made.segment_size = static_cast<std::uint16_t>(1 + below(below(4) == 0 ? 100 : 9000));
        made.tcp_options.resize(below(11) * 4, 1);
        made.tcp_flags = static_cast<std::uint8_t>(random());
        made.sequence = static_cast<std::uint32_t>(random());
        if (!made.v6) made.ip_options.resize(below(11) * 4, 1);
        made.id = static_cast<std::uint16_t>(random());
        made.fragment = below(2) == 0 ? 0 : 0x4000;
        made.tos = static_cast<std::uint8_t>(random());
        made.payload.resize(std::min<std::size_t>(made.payload.size(), 65535 - made.header_length()));
        // Every piece costs the model a frame.
        if (made.pieces() > 2000) made.segment_size = 1448;
        expect_pieces(made);
        if (HasFatalFailure()) return;
    }
}

TEST(cut_plan, refuses_what_does_not_fit) {
    const gso_frame v4;
    const gso_frame v6{.kind = segmentation::tcp_v6, .v6 = true};
    const gso_frame by_udp{.kind = segmentation::udp};
    const auto changed = [](const gso_frame& from, std::size_t at, unsigned value) {
        bytes frame = from.whole();
        frame.at(at) = static_cast<std::uint8_t>(value);
        return frame;
    };
    ASSERT_TRUE(can_cut(v4.whole(), v4.offload()));
    packet_offload none = v4.offload();
    none.kind = segmentation::none;
    packet_offload nothing_each = v4.offload();
    nothing_each.segment_size = 0;
    const struct {
        const char* why;
        bytes frame;
        packet_offload offload;
    } cases[] = {
        {"nothing to cut", v4.whole(), none},
        {"segments of no bytes", v4.whole(), nothing_each},
        {"IPv6 asked as IPv4", v6.whole(), v4.offload()},
        {"IPv4 asked as IPv6", v4.whole(), v6.offload()},
        {"UDP asked as TCP", by_udp.whole(), v4.offload()},
        {"TCP asked as UDP", v4.whole(), by_udp.offload()},
        {"no IP", changed(v4, 12, 0x09), v4.offload()},
        {"IPv4 version", changed(v4, 14, 0x65), v4.offload()},
        {"IPv4 header length", changed(v4, 14, 0x44), v4.offload()},
        {"IPv4 total length", changed(v4, 16, 0xff), v4.offload()},
        {"first fragment", changed(v4, 20, 0x20), v4.offload()},
        {"later fragment", changed(v4, 21, 0x01), v4.offload()},
        {"TCP header below its minimum", changed(v4, 46, 0x40), v4.offload()},
        {"TCP header beyond the packet", gso_frame{.payload = {}}.whole(), v4.offload()},
        {"no TCP payload", gso_frame{.payload = {}}.whole(), v4.offload()},
        {"no UDP payload", gso_frame{.kind = segmentation::udp, .payload = {}}.whole(), by_udp.offload()},
        {"IPv6 version", changed(v6, 14, 0x40), v6.offload()},
        {"IPv6 payload length", changed(v6, 18, 0xff), v6.offload()},
        {"IPv6 fragment header",
         gso_frame{.kind = segmentation::tcp_v6,
                   .v6 = true,
                   .ip_options = {6, 0, 0, 1, 0, 0, 0, 1},
                   .first_header = 44}
             .whole(),
         v6.offload()},
        {"IPv6 routing header",
         gso_frame{.kind = segmentation::tcp_v6,
                   .v6 = true,
                   .ip_options = {6, 0, 2, 0, 0, 0, 0, 0},
                   .first_header = 43}
             .whole(),
         v6.offload()},
        {"IPv6 extension header beyond the packet",
         gso_frame{.kind = segmentation::tcp_v6,
                   .v6 = true,
                   .payload = pattern(30),
                   .ip_options = {6, 200, 0, 0, 0, 0, 0, 0},
                   .first_header = 60}
             .whole(),
         v6.offload()},
    };
    for (const auto& one : cases) EXPECT_FALSE(can_cut(one.frame, one.offload)) << one.why;
    bytes long_header = gso_frame{.payload = pattern(8)}.whole();
    long_header.at(46) = 0xf0;
    EXPECT_FALSE(can_cut(long_header, v4.offload()));
}

TEST(cut_plan, survives_every_length) {
    for (const gso_frame& made : {gso_frame{.payload = pattern(20), .ip_options = bytes(8, 1)},
                                  gso_frame{.kind = segmentation::tcp_v6,
                                  .v6 = true,
                                  .payload = pattern(20),
                                  .ip_options = {6, 0, 1, 4, 0, 0, 0, 0}},
                                  gso_frame{.kind = segmentation::udp, .payload = pattern(20)}}) {
        const bytes whole = made.whole();
        for (std::size_t length = 0; length < whole.size(); ++length) {
            bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            EXPECT_FALSE(can_cut(cut, made.offload())) << length;
            // The IP length cut with the frame, so that reading goes on to the transport header.
            if (length >= 54) {
                const std::size_t at = made.v6 ? 18 : 16;
                const std::size_t ip_length = length - (made.v6 ? 54 : 14);
                cut[at] = static_cast<std::uint8_t>(ip_length >> 8);
                cut[at + 1] = static_cast<std::uint8_t>(ip_length);
                EXPECT_EQ(can_cut(cut, made.offload()), length > made.header_length()) << length;
            }
        }
    }
}

}  // namespace
}  // namespace waggle::test
