#include "control/gossip/memberlist/broadcast_queue.hh"

#include <gtest/gtest.h>

namespace waggle::gossip {
namespace {

std::vector<std::size_t> sizes(const std::vector<bytes>& messages) {
    std::vector<std::size_t> all;
    for (const bytes& message : messages) all.push_back(message.size());
    return all;
}

TEST(broadcast_queue, transmit_limit_grows_with_the_logarithm) {
    EXPECT_EQ(retransmit_limit(4, 0), 0U);
    EXPECT_EQ(retransmit_limit(4, 1), 4U);
    EXPECT_EQ(retransmit_limit(4, 9), 4U);
    EXPECT_EQ(retransmit_limit(4, 10), 8U);
    EXPECT_EQ(retransmit_limit(4, 99), 8U);
    EXPECT_EQ(retransmit_limit(4, 10'000), 20U);
}

TEST(broadcast_queue, larger_first_then_newer_and_only_what_fits) {
    broadcast_queue queue;
    queue.push("a", bytes(10, 1));
    queue.push("b", bytes(30, 2));
    queue.push("c", bytes(10, 3));
    queue.push("d", bytes(60, 4));
    std::vector<bytes> out;
    EXPECT_EQ(queue.take(2, 57, 3, out), 56U);
    EXPECT_EQ(sizes(out), (std::vector<std::size_t>{30, 10, 10}));
    EXPECT_EQ(out[1][0], 3) << "the newer of two of a size";
    out.clear();
    // Not yet sent comes before sent once, whatever the size.
    EXPECT_EQ(queue.take(2, 100, 3, out), 62U + 32U);
    EXPECT_EQ(sizes(out), (std::vector<std::size_t>{60, 30}));
}

TEST(broadcast_queue, a_message_goes_when_it_was_sent_often_enough) {
    broadcast_queue queue;
    queue.push("a", bytes(10));
    queue.push("", bytes(20));
    for (int i = 0; i < 3; ++i) {
        std::vector<bytes> out;
        queue.take(0, 100, 3, out);
        EXPECT_EQ(out.size(), 2U) << i;
    }
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.bytes_waiting(), 0U);
    EXPECT_FALSE(queue.contains("a"));
}

TEST(broadcast_queue, one_message_a_key) {
    broadcast_queue queue;
    queue.push("a", bytes(10));
    std::vector<bytes> out;
    queue.take(0, 100, 5, out);
    queue.push("a", bytes(11));
    queue.push("", bytes(1));
    queue.push("", bytes(1));
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_EQ(queue.bytes_waiting(), 13U);
    EXPECT_TRUE(queue.erase("a"));
    EXPECT_FALSE(queue.erase("a"));
    EXPECT_EQ(queue.size(), 2U);
    queue.push("b", bytes(5));
    queue.push("c", bytes(6));
    out.clear();
    queue.take(0, 6, 5, out);
    queue.prune(3);
    EXPECT_FALSE(queue.contains("c")) << "the one sent most often goes first";
    EXPECT_TRUE(queue.contains("b"));
    queue.clear();
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.contains("b"));
}

}  // namespace
}  // namespace waggle::gossip
