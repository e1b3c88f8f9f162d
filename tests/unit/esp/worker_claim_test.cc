#include "dataplane/esp/worker_claim.hh"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace waggle::esp {
namespace {

constexpr std::uint64_t start = 1'000'000'000;
constexpr std::uint64_t patience = worker_claim::patience;

TEST(worker_claim, is_of_who_comes_first) {
    worker_claim claim;
    EXPECT_EQ(claim.owner(), worker_claim::nobody);
    EXPECT_EQ(claim.owner_for_received(3, start), 3U);
    EXPECT_EQ(claim.owner_for_received(1, start), 3U);
    EXPECT_EQ(claim.owner_for_handed_over(3, start), 3U);
    EXPECT_EQ(claim.owner(), 3U);
}

// The owner takes from others all the time, but goes on receiving itself.
TEST(worker_claim, stays_where_packets_come) {
    worker_claim claim;
    for (std::uint64_t now = start; now < start + 10 * patience; now += patience / 4) {
        EXPECT_EQ(claim.owner_for_received(0, now), 0U);
        EXPECT_EQ(claim.owner_for_received(1, now), 0U);
        EXPECT_EQ(claim.owner_for_handed_over(0, now), 0U);
    }
}

TEST(worker_claim, follows_packets_that_come_elsewhere_for_good) {
    worker_claim claim;
    EXPECT_EQ(claim.owner_for_received(0, start), 0U);
    EXPECT_EQ(claim.owner_for_received(1, start + patience - 1), 0U);
    EXPECT_EQ(claim.owner_for_handed_over(0, start + patience - 1), 0U);
    EXPECT_EQ(claim.owner_for_received(1, start + patience), 0U);
    EXPECT_EQ(claim.owner_for_handed_over(0, start + patience), 1U);
    // What was still on its way to the former owner is handed on, and the new one keeps it.
    EXPECT_EQ(claim.owner_for_handed_over(0, start + patience), 1U);
    EXPECT_EQ(claim.owner_for_handed_over(1, start + patience), 1U);
    EXPECT_EQ(claim.owner_for_received(1, start + 5 * patience), 1U);
}

// Nobody asked: there is nobody to give it to.
TEST(worker_claim, is_not_given_to_nobody) {
    worker_claim claim;
    EXPECT_EQ(claim.owner_for_received(0, start), 0U);
    EXPECT_EQ(claim.owner_for_handed_over(0, start + 9 * patience), 0U);
}

TEST(worker_claim, handed_over_packets_claim_what_nobody_has) {
    // The association was made anew while its packets were on their way.
    worker_claim claim;
    EXPECT_EQ(claim.owner_for_handed_over(2, start), 2U);
}

// Whatever comes where and when: the answer of every call is the owner from then on, only the owner gives it
// away, and a packet that is handed from worker to worker comes to rest.
TEST(worker_claim, random_steering_never_makes_two_owners_or_endless_journeys) {
    std::mt19937_64 random(7);
    for (int history = 0; history < 200; ++history) {
        worker_claim claim;
        const auto workers = static_cast<std::uint32_t>(2 + random() % 4);
        std::uint64_t now = start;
        std::uint32_t owner = worker_claim::nobody;
        for (int step = 0; step < 300; ++step) {
            now += random() % (patience / 2);
            std::uint32_t at = static_cast<std::uint32_t>(random() % workers);
            std::uint32_t next = claim.owner_for_received(at, now);
            // By outside packets only what nobody has changes hands.
            ASSERT_EQ(next, owner == worker_claim::nobody ? at : owner);
            owner = next;
            for (unsigned hops = 0; next != at; ++hops) {
                ASSERT_LT(hops, 3U);
                at = next;
                now += random() % 1000;
                next = claim.owner_for_handed_over(at, now);
                ASSERT_TRUE(next == owner || at == owner);
                owner = next;
            }
            ASSERT_EQ(claim.owner(), owner);
        }
    }
}

}  // namespace
}  // namespace waggle::esp
