#include "common/shared_text.hh"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace waggle {
namespace {

TEST(shared_text, is_the_text_it_was_made_of) {
    EXPECT_EQ(shared_text().view(), "");
    EXPECT_EQ(shared_text(""), shared_text());
    const std::string zeroes("a\0b", 3);
    EXPECT_EQ(shared_text(zeroes).view(), zeroes);
    const std::string_view implied = shared_text();
    EXPECT_TRUE(implied.empty());
}

TEST(shared_text, copies_are_the_same_bytes) {
    shared_text first(std::string(100, 'x'));
    const shared_text second = first;
    EXPECT_TRUE(first.is_same_as(second));
    EXPECT_EQ(first.view().data(), second.view().data());
    const shared_text equal(std::string(100, 'x'));
    EXPECT_EQ(first, equal);
    EXPECT_FALSE(first.is_same_as(equal));
    first = shared_text("other");
    EXPECT_EQ(second.view(), std::string(100, 'x'));
    EXPECT_EQ(first.view(), "other");
}

TEST(shared_text, outlives_its_first_holder) {
    shared_text kept;
    {
        shared_text first("some text that is long enough for the heap");
        kept = first;
        shared_text moved = std::move(first);
        EXPECT_TRUE(moved.is_same_as(kept));
        shared_text& itself = moved;
        moved = itself;
        EXPECT_TRUE(moved.is_same_as(kept));
    }
    EXPECT_EQ(kept.view(), "some text that is long enough for the heap");
}

// What the sanitizers look at: the last holder is in any thread.
TEST(shared_text, is_given_up_in_any_thread) {
    for (int round = 0; round < 200; ++round) {
        std::vector<shared_text> texts(64, shared_text("held by two threads"));
        std::vector<shared_text> copies = texts;
        std::thread other([given = std::move(copies)]() mutable {
            for (shared_text& each : given) {
                EXPECT_EQ(each.view().size(), 19U);
                each = shared_text();
            }
        });
        for (shared_text& each : texts) each = shared_text();
        other.join();
    }
}

}  // namespace
}  // namespace waggle
