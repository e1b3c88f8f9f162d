#include "dataplane/segment/merge.hh"

#include <map>
#include <random>
#include <utility>

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "dataplane/packet/virtio_net_header.hh"
#include "dataplane/segment/cut_plan.hh"
#include "tests/support/heap_pool.hh"
#include "tests/unit/segment/gso_frame.hh"

namespace waggle::test {
namespace {

/// All segments of a chain.
bytes content(const rte_mbuf* packet) {
    bytes whole;
    for (; packet != nullptr; packet = packet->next) {
        const auto* data = rte_pktmbuf_mtod(packet, const std::uint8_t*);
        whole.insert(whole.end(), data, data + packet->data_len);
    }
    return whole;
}

/// Lengths and number of segments agree with the chain.
void expect_sound(const rte_mbuf* packet) {
    unsigned segments = 0;
    std::uint32_t length = 0;
    for (const rte_mbuf* part = packet; part != nullptr; part = part->next) {
        ++segments;
        length += part->data_len;
    }
    EXPECT_EQ(packet->nb_segs, segments);
    EXPECT_EQ(packet->pkt_len, length);
}

class merge_test : public testing::Test {
protected:
    ~merge_test() override {
        rte_pktmbuf_free_bulk(frames.data(), left);
        EXPECT_EQ(pool.in_use(), 0U);
    }
    void add(const bytes& frame) { frames.push_back(pool.packet(frame)); }
    void add_pieces(const gso_frame& made) {
        for (std::size_t i = 0; i < made.pieces(); ++i) add(made.piece(i));
    }
    /// Merges what was added; returns how many frames are left.
    unsigned merge() {
        left = merge_segments(frames.data(), static_cast<unsigned>(frames.size()));
        for (unsigned i = 0; i < left; ++i) expect_sound(frames[i]);
        return left;
    }
    /// What frame `i` becomes when it is cut again.
    std::vector<bytes> cut(unsigned i) const {
        const bytes whole = content(frames[i]);
        EXPECT_EQ(whole.size(), frames[i]->pkt_len);
        if (!has_offload(frames[i])) return {whole};
        cut_plan plan;
        EXPECT_TRUE(plan.read(whole.data(), whole.size(), offload_of(frames[i])));
        std::vector<bytes> pieces;
        for (std::uint32_t index = 0; index < plan.pieces(); ++index) {
            pieces.emplace_back(plan.piece_length(index));
            plan.write(index, pieces.back().data());
        }
        return pieces;
    }

    heap_pool pool;
    std::vector<rte_mbuf*> frames;
    unsigned left = 0;
};

TEST_F(merge_test, merges_a_flow_into_the_frame_it_was_cut_from) {
    const gso_frame made{.payload = pattern(20000), .tcp_options = pattern(12), .tcp_flags = 0x18};
    add_pieces(made);
    ASSERT_EQ(merge(), 1U);
    EXPECT_EQ(content(frames[0]), made.whole());
    const packet_offload expected = made.offload();
    EXPECT_EQ(std::memcmp(&offload_of(frames[0]), &expected, sizeof expected), 0);
    EXPECT_EQ(frames[0]->nb_segs, made.pieces());
}

TEST_F(merge_test, merges_ipv6) {
    const gso_frame made{.kind = segmentation::tcp_v6, .v6 = true, .payload = pattern(20000)};
    add_pieces(made);
    ASSERT_EQ(merge(), 1U);
    EXPECT_EQ(content(frames[0]), made.whole());
    EXPECT_EQ(offload_of(frames[0]).kind, segmentation::tcp_v6);
}

TEST_F(merge_test, leaves_single_frames_as_they_are) {
    const gso_frame made{.payload = pattern(1000)};
    add(made.piece(0));
    EXPECT_EQ(merge(), 1U);
    EXPECT_EQ(content(frames[0]), made.piece(0));
    EXPECT_FALSE(has_offload(frames[0]));
}

TEST_F(merge_test, keeps_below_the_largest_ip_packet) {
    const gso_frame made{.segment_size = 1400, .payload = pattern(64 * 1400)};
    add_pieces(made);
    ASSERT_EQ(merge(), 2U);
    EXPECT_EQ(frames[0]->nb_segs, 46);
    EXPECT_EQ(frames[0]->pkt_len, 54U + 46 * 1400);
    EXPECT_EQ(frames[1]->nb_segs, 18);
}

TEST_F(merge_test, ends_with_a_push_or_a_shorter_segment) {
    const gso_frame pushed{.segment_size = 1000, .payload = pattern(2000), .tcp_flags = 0x18};
    add_pieces(pushed);
    gso_frame next{.segment_size = 1000, .payload = pattern(1500), .sequence = 3000, .id = 9};
    add_pieces(next);
    next.sequence = 4500;
    next.id = 11;
    add_pieces(next);
    ASSERT_EQ(merge(), 3U);
    EXPECT_EQ(content(frames[0]), pushed.whole());
    EXPECT_EQ(frames[1]->pkt_len, 54U + 1500);
    EXPECT_EQ(frames[2]->pkt_len, 54U + 1500);
}

/// The second segment of a flow, changed so that it can't be merged.
struct spoilt {
    const char* how;
    std::size_t at;
    std::uint8_t flip;
    /// Whether its checksums are to be right again.
    bool reseal;
};

void seal(bytes& frame) {
    frame[24] = frame[25] = frame[50] = frame[51] = 0;
    const auto put = [&](std::size_t at, std::uint16_t value) {
        frame[at] = static_cast<std::uint8_t>(value >> 8);
        frame[at + 1] = static_cast<std::uint8_t>(value);
    };
    put(24, internet_checksum({frame.data() + 14, 20}));
    bytes covered(frame.begin() + 26, frame.begin() + 34);
    const std::size_t length = frame.size() - 34;
    covered.insert(covered.end(),
                   {0, 6, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)});
    covered.insert(covered.end(), frame.begin() + 34, frame.end());
    put(50, internet_checksum(covered));
}

TEST_F(merge_test, passes_what_does_not_follow) {
    const spoilt cases[] = {
        {"destination MAC", 0, 0x02, true},
        {"source MAC", 11, 0x40, true},
        {"TOS", 15, 0x01, true},
        {"id", 19, 0x40, true},
        {"DF", 20, 0x40, true},
        {"TTL", 22, 0x01, true},
        {"source address", 29, 0x10, true},
        {"IP checksum", 24, 0x01, false},
        {"source port", 35, 0x01, true},
        {"sequence", 41, 0x01, true},
        {"acknowledgement", 45, 0x01, true},
        {"reserved bit", 46, 0x01, true},
        {"FIN", 47, 0x01, true},
        {"SYN", 47, 0x02, true},
        {"RST", 47, 0x04, true},
        {"no ACK", 47, 0x10, true},
        {"URG", 47, 0x20, true},
        {"ECE", 47, 0x40, true},
        {"CWR", 47, 0x80, true},
        {"window", 49, 0x01, true},
        {"TCP checksum", 50, 0x01, false},
        {"payload under an old checksum", 60, 0x01, false},
        {"urgent pointer", 53, 0x01, true},
        {"TCP options", 57, 0x01, true},
    };
    const gso_frame made{.segment_size = 500, .payload = pattern(1000), .tcp_options = bytes(4, 1)};
    for (const spoilt& one : cases) {
        bytes second = made.piece(1);
        second.at(one.at) ^= one.flip;
        if (one.reseal) seal(second);
        frames.clear();
        add(made.piece(0));
        add(second);
        ASSERT_EQ(merge(), 2U) << one.how;
        EXPECT_EQ(content(frames[0]), made.piece(0)) << one.how;
        EXPECT_EQ(content(frames[1]), second) << one.how;
        rte_pktmbuf_free_bulk(frames.data(), std::exchange(left, 0));
    }
    frames.clear();
    add_pieces(made);
    EXPECT_EQ(merge(), 1U) << "unspoilt they merge";
}

TEST_F(merge_test, keeps_the_order_of_a_flow_around_a_barrier) {
    const gso_frame made{.segment_size = 500, .payload = pattern(2500)};
    bytes acknowledgement = gso_frame{.payload = {}, .sequence = 2000}.whole();
    seal(acknowledgement);
    add(made.piece(0));
    add(made.piece(1));
    add(acknowledgement);
    add(made.piece(2));
    add(made.piece(3));
    ASSERT_EQ(merge(), 3U);
    EXPECT_EQ(cut(0), (std::vector{made.piece(0), made.piece(1)}));
    EXPECT_EQ(content(frames[1]), acknowledgement);
    EXPECT_EQ(cut(2), (std::vector{made.piece(2), made.piece(3)}));
}

TEST_F(merge_test, lets_nothing_pass_a_frame_of_an_unclear_flow) {
    const gso_frame made{.segment_size = 500, .payload = pattern(1000)};
    const bytes fragment = gso_frame{.fragment = 0x2000}.piece(0);
    add(made.piece(0));
    add(fragment);
    add(made.piece(1));
    ASSERT_EQ(merge(), 3U);
    EXPECT_EQ(content(frames[1]), fragment);
}

TEST_F(merge_test, leaves_frames_with_an_offload_alone) {
    const gso_frame made{.segment_size = 500, .payload = pattern(1000)};
    add_pieces(made);
    packet_offload pending = made.offload();
    pending.kind = segmentation::none;
    pending.segment_size = 0;
    set_offload(frames[1], pending);
    ASSERT_EQ(merge(), 2U);
    EXPECT_EQ(content(frames[1]), made.piece(1));
}

TEST_F(merge_test, passes_other_traffic) {
    const gso_frame made{.segment_size = 500, .payload = pattern(1000)};
    const bytes runt = pattern(13);
    const bytes datagram = gso_frame{.kind = segmentation::udp}.piece(0);
    const bytes arp_frame = ethernet(mac("ff:ff:ff:ff:ff:ff"), mac("02:00:00:00:00:01"), 0x0806, bytes(28));
    add(made.piece(0));
    add(runt);
    add(datagram);
    add(arp_frame);
    add(made.piece(1));
    ASSERT_EQ(merge(), 4U);
    EXPECT_EQ(cut(0), (std::vector{made.piece(0), made.piece(1)}));
    EXPECT_EQ(content(frames[1]), runt);
    EXPECT_EQ(content(frames[2]), datagram);
    EXPECT_EQ(content(frames[3]), arp_frame);
}

/// A burst of several flows, shuffled, with losses and other frames: cut again, each flow is what it was.
TEST_F(merge_test, merges_random_bursts_and_loses_nothing) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t limit) { return static_cast<std::size_t>(random() % limit); };
    unsigned merged = 0;
    for (int round = 0; round < 300; ++round) {
        struct flow {
            gso_frame made;
            std::size_t next = 0;
        };
        std::vector<flow> flows(1 + below(12));
        for (std::size_t i = 0; i < flows.size(); ++i) {
            gso_frame& made = flows[i].made;
            made.v6 = below(2) == 0;
            made.kind = made.v6 ? segmentation::tcp_v6 : segmentation::tcp_v4;
            made.segment_size = static_cast<std::uint16_t>(100 + below(1300));
            made.payload.resize(1 + below(20000));
            for (auto& byte : made.payload) byte = static_cast<std::uint8_t>(random());
            made.tcp_options.resize(below(3) * 4, 1);
            made.tcp_flags = below(4) == 0 ? 0x18 : 0x10;
            made.sequence = static_cast<std::uint32_t>(random());
            made.id = static_cast<std::uint16_t>(random());
            made.source_port = static_cast<std::uint16_t>(40000 + i);
        }
        std::map<std::uint16_t, std::vector<bytes>> sent;
        frames.clear();
        const std::size_t wanted = below(65);
        for (std::size_t tries = 0; frames.size() < wanted && tries < 500; ++tries) {
            flow& from = flows[below(flows.size())];
            if (from.next == from.made.pieces()) continue;
            bytes piece = from.made.piece(from.next++);
            if (below(20) == 0) continue;                         // lost
            if (below(20) == 0) piece.back() ^= 1;                // damaged
            if (below(30) == 0) piece.insert(piece.end(), 3, 0);  // padded
            sent[from.made.source_port].push_back(piece);
            add(piece);
        }
        merge();
        merged += static_cast<unsigned>(frames.size()) - left;
        std::map<std::uint16_t, std::vector<bytes>> got;
        for (unsigned i = 0; i < left; ++i) {
            for (const bytes& piece : cut(i)) {
                const std::size_t l4 = piece[12] == 0x08 ? 34 : 54;
                got[read16(piece, l4)].push_back(piece);
            }
        }
        ASSERT_EQ(got, sent);
        rte_pktmbuf_free_bulk(frames.data(), std::exchange(left, 0));
    }
    EXPECT_GT(merged, 1000U);
}

}  // namespace
}  // namespace waggle::test
