#include "dataplane/pipeline/token_bucket.hh"

#include <gtest/gtest.h>

namespace waggle {
namespace {

unsigned taken(token_bucket& bucket, std::uint64_t now, unsigned attempts) {
    unsigned count = 0;
    for (unsigned i = 0; i < attempts; ++i) {
        if (!bucket.has_token(now, 1'000'000)) continue;
        bucket.take();
        ++count;
    }
    return count;
}

TEST(token_bucket, is_full_at_the_start_of_time) {
    token_bucket bucket(1000, 50);
    EXPECT_EQ(taken(bucket, 0, 100), 50U);
}

TEST(token_bucket, fills_at_its_rate_and_no_further_than_its_capacity) {
    token_bucket bucket(1000, 50);
    EXPECT_EQ(taken(bucket, 5'000'000, 100), 50U);
    EXPECT_EQ(taken(bucket, 5'000'999, 100), 0U);
    EXPECT_EQ(taken(bucket, 5'001'000, 100), 1U);
    EXPECT_EQ(taken(bucket, 5'011'000, 100), 10U);
    EXPECT_EQ(taken(bucket, 9'000'000, 100), 50U);
}

TEST(token_bucket, asking_costs_nothing) {
    token_bucket bucket(1000, 1);
    EXPECT_TRUE(bucket.has_token(1'000'000, 1'000'000));
    EXPECT_TRUE(bucket.has_token(1'000'000, 1'000'000));
    bucket.take();
    EXPECT_FALSE(bucket.has_token(1'000'000, 1'000'000));
}

}  // namespace
}  // namespace waggle
