#include "dataplane/port/datagram_run.hh"

#include <functional>
#include <random>

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/segment/cut_plan.hh"
#include "tests/support/heap_pool.hh"
#include "tests/support/packet_builder.hh"

namespace waggle {
namespace {

using test::bytes;
using test::checksum;

const ip_address from_v4 = test::ip("192.0.2.1");
const ip_address to_v4 = test::ip("192.0.2.2");
const ip_address from_v6 = test::ip("2001:db8::1");
const ip_address to_v6 = test::ip("2001:db8::2");

struct datagram {
    int family = 4;
    std::size_t payload = 100;
    std::uint16_t id = 7;
    checksum sum = checksum::zero;
    std::uint16_t port = 50000;
    std::uint8_t first_byte = 0;

    bytes frame() const {
        bytes data = test::pattern(payload);
        if (!data.empty()) data[0] = first_byte;
        return with_payload(data);
    }
    bytes with_payload(const bytes& data) const {
        const bool v4 = family == 4;
        const bytes inside = test::udp(v4 ? from_v4 : from_v6, v4 ? to_v4 : to_v6, port, 4789, data, sum);
        return test::ethernet(test::mac("02:00:00:00:00:0b"), test::mac("02:00:00:00:00:0a"),
                              v4 ? 0x0800 : 0x86dd,
                              v4 ? test::ipv4(from_v4, to_v4, 17, inside, {.id = id, .options = {}})
                                 : test::ipv6(from_v6, to_v6, 17, inside));
    }
};

class datagram_run_test : public testing::Test {
protected:
    ~datagram_run_test() override {
        for (rte_mbuf* packet : _packets) rte_pktmbuf_free(packet);
        EXPECT_EQ(_pool.in_use(), 0U);
    }
    void add(const bytes& frame) { _packets.push_back(_pool.packet(frame)); }
    datagram_run find(unsigned first = 0, unsigned largest = 1514) {
        return find_datagram_run(&_packets[first], static_cast<unsigned>(_packets.size()) - first, largest);
    }
    /// The message of a run as the kernel gets it: virtio-net header apart.
    bytes message(const datagram_run& run, virtio_net_header& virtio, unsigned first = 0) {
        datagram_run_headers headers;
        std::vector<iovec> parts(2 + run.frames);
        EXPECT_EQ(describe_datagram_run(run, &_packets[first], headers, parts.data()), parts.size());
        virtio = headers.virtio;
        bytes whole;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            const auto* data = static_cast<const std::uint8_t*>(parts[i].iov_base);
            whole.insert(whole.end(), data, data + parts[i].iov_len);
        }
        return whole;
    }

    test::heap_pool _pool;
    std::vector<rte_mbuf*> _packets;
};

TEST_F(datagram_run_test, datagrams_of_a_flow_become_one_piece) {
    for (const int family : {4, 6}) {
        for (const std::size_t last : {100, 99, 1}) {
            SCOPED_TRACE(testing::Message() << "IPv" << family << ", last of " << last);
            const auto first = static_cast<unsigned>(_packets.size());
            const checksum sum = family == 4 ? checksum::zero : checksum::full;
            bytes payload;
            for (std::uint16_t i = 0; i < 3; ++i) {
                const datagram one{.family = family,
                                   .payload = i == 2 ? last : 100,
                                   .id = static_cast<std::uint16_t>(65534 + i),
                                   .sum = sum,
                                   .first_byte = static_cast<std::uint8_t>(i)};
                add(one.frame());
                const std::size_t headers = family == 4 ? 42 : 62;
                const bytes frame = one.frame();
                payload.insert(payload.end(), frame.begin() + static_cast<std::ptrdiff_t>(headers),
                               frame.end());
            }
            const datagram_run run = find(first);
            EXPECT_EQ(run.frames, 3U);
            EXPECT_EQ(run.payload, 100);
            virtio_net_header virtio;
            const bytes whole = message(run, virtio, first);
            EXPECT_EQ(run.length, whole.size());
            EXPECT_EQ(
                test::hex(whole),
                test::hex(
                    datagram{.family = family, .id = 65534, .sum = checksum::partial}.with_payload(payload)));
            const std::uint16_t udp_offset = family == 4 ? 34 : 54;
            EXPECT_EQ(virtio.flags, virtio_net::flag_needs_checksum);
            EXPECT_EQ(virtio.gso_type, virtio_net::gso_udp_segment);
            EXPECT_EQ(virtio.gso_size, 100);
            EXPECT_EQ(virtio.header_length, udp_offset + 8);
            EXPECT_EQ(virtio.checksum_start, udp_offset);
            EXPECT_EQ(virtio.checksum_offset, 6);
        }
    }
}

TEST_F(datagram_run_test, ends_behind_a_shorter_one_and_before_a_longer_one) {
    std::uint16_t id = 7;
    for (const std::size_t payload : {100, 100, 60, 60, 100})
        add(datagram{.payload = payload, .id = id++}.frame());
    EXPECT_EQ(find(0).frames, 3U);
    EXPECT_EQ(find(3).frames, 1U);
    EXPECT_EQ(find(4).frames, 1U);
}

/// What must not follow a datagram with id 7 in one piece.
TEST_F(datagram_run_test, takes_nothing_that_a_cut_would_not_give_back) {
    const auto edited = [](int family, std::size_t at, std::uint8_t flip) {
        bytes frame = datagram{.family = family, .id = 8}.frame();
        frame[at] ^= flip;
        return frame;
    };
    const std::vector<std::pair<const char*, bytes>> cases{
        {"same id", datagram{.id = 7}.frame()},
        {"id too far", datagram{.id = 9}.frame()},
        {"other source port", datagram{.id = 8, .port = 50001}.frame()},
        {"no payload", datagram{.payload = 0, .id = 8}.frame()},
        {"IPv6 behind IPv4", datagram{.family = 6, .id = 8}.frame()},
        {"other destination MAC", edited(4, 0, 1)},
        {"TOS", edited(4, 15, 2)},
        {"total length", edited(4, 17, 1)},
        {"flags", edited(4, 20, 0x40)},
        {"TTL", edited(4, 22, 1)},
        {"protocol", edited(4, 23, 1)},
        {"source address", edited(4, 29, 1)},
        {"destination address", edited(4, 33, 1)},
        {"destination port", edited(4, 37, 1)},
        {"UDP length", edited(4, 39, 1)},
    };
    for (const auto& [what, frame] : cases) {
        const auto first = static_cast<unsigned>(_packets.size());
        add(datagram{}.frame());
        add(frame);
        EXPECT_EQ(find(first).frames, 1U) << what;
    }
    const std::vector<std::pair<const char*, std::size_t>> v6_cases{
        {"traffic class", 15},  {"payload length", 19},      {"next header", 20}, {"hop limit", 21},
        {"source address", 30}, {"destination address", 50}, {"port", 55},        {"UDP length", 59}};
    for (const auto& [what, at] : v6_cases) {
        const auto first = static_cast<unsigned>(_packets.size());
        add(datagram{.family = 6}.frame());
        add(edited(6, at, 1));
        EXPECT_EQ(find(first).frames, 1U) << what;
    }
}

TEST_F(datagram_run_test, begins_with_nothing_but_a_plain_datagram) {
    const auto edited = [](std::size_t at, std::uint8_t value) {
        bytes frame = datagram{}.frame();
        frame[at] = value;
        return frame;
    };
    bytes padded = datagram{}.frame();
    padded.resize(padded.size() + 4);
    const std::vector<std::pair<const char*, bytes>> cases{
        {"ARP", edited(13, 0x06)},   {"options", edited(14, 0x46)},
        {"TCP", edited(23, 6)},      {"first fragment", edited(20, 0x20)},
        {"fragment", edited(21, 1)}, {"padding behind it", padded},
        {"runt", bytes(20)},         {"no payload", datagram{.payload = 0}.frame()}};
    for (const auto& [what, frame] : cases) {
        const auto first = static_cast<unsigned>(_packets.size());
        add(frame);
        add(frame);
        EXPECT_EQ(find(first).frames, 1U) << what;
    }
    // An offload left to do, and a chain.
    const auto first = static_cast<unsigned>(_packets.size());
    add(datagram{}.frame());
    add(datagram{.id = 8}.frame());
    ASSERT_EQ(find(first).frames, 2U);
    set_offload(_packets[first + 1], {});
    EXPECT_EQ(find(first).frames, 1U);
    clear_offload(_packets[first + 1]);
    set_offload(_packets[first], {});
    EXPECT_EQ(find(first).frames, 1U);
    clear_offload(_packets[first]);
    _packets[first]->nb_segs = 2;
    EXPECT_EQ(find(first).frames, 1U);
    _packets[first]->nb_segs = 1;
}

TEST_F(datagram_run_test, leaves_frames_above_the_mtu_to_the_kernel_to_refuse) {
    add(datagram{.payload = 1459}.frame());
    add(datagram{.payload = 1459, .id = 8}.frame());
    EXPECT_EQ(find(0, 1501).frames, 2U);
    EXPECT_EQ(find(0, 1500).frames, 1U);
    EXPECT_EQ(find(0, 0).frames, 1U);
}

TEST_F(datagram_run_test, has_as_many_frames_and_bytes_as_the_kernel_and_peers_take) {
    for (std::uint16_t i = 0; i < 70; ++i) add(datagram{.id = static_cast<std::uint16_t>(7 + i)}.frame());
    EXPECT_EQ(find().frames, longest_datagram_run);
    const auto first = static_cast<unsigned>(_packets.size());
    for (std::uint16_t i = 0; i < 50; ++i)
        add(datagram{.payload = 1458, .id = static_cast<std::uint16_t>(7 + i)}.frame());
    const datagram_run run = find(first);
    EXPECT_EQ(run.frames, 44U);
    EXPECT_EQ(run.length, 42 + 44 * 1458U);
    EXPECT_LE(run.length, longest_datagram_piece);
}

/// Whatever stands in a burst: cutting its pieces gives it back, checksums filled in.
TEST_F(datagram_run_test, cutting_the_pieces_of_random_bursts_gives_the_frames_back) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    std::vector<bytes> expected;
    std::uint16_t id = static_cast<std::uint16_t>(random());
    datagram next{.sum = checksum::full};
    for (unsigned i = 0; i < 2000; ++i) {
        if (random() % 8 == 0) next.family = random() % 2 == 0 ? 4 : 6;
        if (random() % 8 == 0) next.port = static_cast<std::uint16_t>(50000 + random() % 3);
        if (random() % 4 == 0) next.payload = 1 + random() % 40;
        if (random() % 16 == 0) ++id;
        next.id = id++;
        next.first_byte = static_cast<std::uint8_t>(random());
        expected.push_back(next.frame());
        datagram sent = next;
        if (sent.family == 4 && random() % 2 == 0) sent.sum = checksum::zero;
        add(sent.frame());
    }
    unsigned joined = 0;
    for (unsigned at = 0; at < _packets.size();) {
        const datagram_run run = find(at);
        if (run.frames > 1) {
            joined += run.frames;
            virtio_net_header virtio;
            bytes whole = message(run, virtio, at);
            packet_offload offload;
            ASSERT_TRUE(read_virtio_header(virtio, whole.size(), offload));
            cut_plan plan;
            ASSERT_TRUE(plan.read(whole.data(), whole.size(), offload));
            ASSERT_EQ(plan.pieces(), run.frames);
            for (unsigned i = 0; i < run.frames; ++i) {
                bytes piece(plan.piece_length(i));
                plan.write(i, piece.data());
                ASSERT_EQ(test::hex(piece), test::hex(expected[at + i]));
            }
        }
        at += run.frames;
    }
    EXPECT_GT(joined, 500U);
}

}  // namespace
}  // namespace waggle
