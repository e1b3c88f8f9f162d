#include "dataplane/segment/cut.hh"

#include <array>

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "tests/support/heap_pool.hh"
#include "tests/unit/segment/gso_frame.hh"

namespace waggle::test {
namespace {

bytes content(const rte_mbuf* packet) {
    const auto* data = rte_pktmbuf_mtod(packet, const std::uint8_t*);
    return bytes(data, data + packet->data_len);
}

class cut_test : public testing::Test {
protected:
    rte_mbuf* make(const gso_frame& made) {
        rte_mbuf* frame = pool.packet(made.whole());
        set_offload(frame, made.offload());
        frame->port = 9;
        return frame;
    }

    heap_pool pool;
    std::array<rte_mbuf*, 64> pieces{};
    unsigned count = 0;
};

TEST_F(cut_test, refuses_a_frame_of_very_many_pieces) {
    for (const std::uint16_t segment_size : std::initializer_list<std::uint16_t>{127, 126, 1}) {
        rte_mbuf* frame = make({.segment_size = segment_size, .payload = pattern(127 * 512)});
        cut_cursor cursor;
        EXPECT_EQ(cursor.begin(frame), segment_size == 127 ? cut_verdict::ok : cut_verdict::too_many);
        rte_pktmbuf_free(frame);
    }
}

TEST_F(cut_test, gives_out_pieces_burst_by_burst) {
    const gso_frame made{.segment_size = 130, .payload = pattern(65000)};
    rte_mbuf* frame = make(made);
    cut_cursor cursor;
    ASSERT_EQ(cursor.begin(frame), cut_verdict::ok);
    EXPECT_EQ(cursor.remaining(), 500U);
    std::size_t index = 0;
    while (!cursor.done()) {
        ASSERT_EQ(cursor.next(pool.pool(), pieces.data(), 64, count), cut_verdict::ok);
        EXPECT_EQ(count, index < 448 ? 64U : 52U);
        for (unsigned i = 0; i < count; ++i) {
            EXPECT_EQ(content(pieces[i]), made.piece(index++));
            EXPECT_EQ(pieces[i]->pkt_len, pieces[i]->data_len);
            EXPECT_EQ(pieces[i]->nb_segs, 1);
            EXPECT_EQ(pieces[i]->port, 9);
            EXPECT_EQ(rte_pktmbuf_headroom(pieces[i]), RTE_PKTMBUF_HEADROOM);
            EXPECT_FALSE(has_offload(pieces[i]));
        }
        rte_pktmbuf_free_bulk(pieces.data(), count);
    }
    EXPECT_EQ(index, 500U);
    EXPECT_EQ(cursor.next(pool.pool(), pieces.data(), 64, count), cut_verdict::ok);
    EXPECT_EQ(count, 0U);
    EXPECT_EQ(content(frame), made.whole()) << "the frame is only read";
    rte_pktmbuf_free(frame);
    EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(cut_test, goes_on_when_buffers_are_back) {
    const gso_frame made{.segment_size = 1000, .payload = pattern(10000)};
    rte_mbuf* frame = make(made);
    cut_cursor cursor;
    ASSERT_EQ(cursor.begin(frame), cut_verdict::ok);
    pool.set_limit(5);
    EXPECT_EQ(cursor.next(pool.pool(), pieces.data(), 64, count), cut_verdict::no_buffer);
    EXPECT_EQ(count, 0U);
    EXPECT_EQ(cursor.remaining(), 10U);
    EXPECT_EQ(pool.in_use(), 1U);
    ASSERT_EQ(cursor.next(pool.pool(), pieces.data(), 4, count), cut_verdict::ok);
    EXPECT_EQ(content(pieces[3]), made.piece(3));
    rte_pktmbuf_free_bulk(pieces.data(), count);
    pool.set_limit(100);
    ASSERT_EQ(cursor.next(pool.pool(), pieces.data(), 64, count), cut_verdict::ok);
    EXPECT_EQ(count, 6U);
    EXPECT_EQ(content(pieces[0]), made.piece(4));
    rte_pktmbuf_free_bulk(pieces.data(), count);
    rte_pktmbuf_free(frame);
    EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(cut_test, refuses_pieces_longer_than_a_buffer) {
    // The pool's data room is 2048 bytes, 54 of which take the headers.
    for (const std::uint16_t size : {std::uint16_t{1994}, std::uint16_t{1995}}) {
        rte_mbuf* frame = make({.segment_size = size});
        cut_cursor cursor;
        ASSERT_EQ(cursor.begin(frame), cut_verdict::ok);
        EXPECT_EQ(cursor.next(pool.pool(), pieces.data(), 64, count),
                  size == 1994 ? cut_verdict::ok : cut_verdict::too_long);
        rte_pktmbuf_free_bulk(pieces.data(), count);
        rte_pktmbuf_free(frame);
    }
    EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(cut_test, refuses_frames_without_a_fitting_offload) {
    rte_mbuf* frame = make({});
    cut_cursor cursor;
    clear_offload(frame);
    EXPECT_EQ(cursor.begin(frame), cut_verdict::bad_offload);
    EXPECT_TRUE(cursor.done());
    set_offload(frame, gso_frame{.kind = segmentation::udp}.offload());
    EXPECT_EQ(cursor.begin(frame), cut_verdict::bad_offload);
    set_offload(frame, gso_frame{}.offload());
    frame->nb_segs = 2;
    EXPECT_EQ(cursor.begin(frame), cut_verdict::bad_offload);
    frame->nb_segs = 1;
    EXPECT_EQ(cursor.begin(frame), cut_verdict::ok);
    rte_pktmbuf_free(frame);
}

}  // namespace
}  // namespace waggle::test
