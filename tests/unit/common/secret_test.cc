#include "common/secret.hh"

#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace waggle {
namespace {

secret of(std::vector<std::uint8_t> bytes) {
    return *secret::from(bytes);
}

TEST(secret, holds_up_to_its_capacity) {
    EXPECT_EQ(secret::from(std::vector<std::uint8_t>(64, 1))->size(), 64U);
    EXPECT_FALSE(secret::from(std::vector<std::uint8_t>(65, 1)));
    EXPECT_TRUE(secret().empty());
}

TEST(secret, compares_bytes_and_size) {
    EXPECT_EQ(of({1, 2, 3}), of({1, 2, 3}));
    EXPECT_NE(of({1, 2, 3}), of({1, 2, 4}));
    EXPECT_NE(of({1, 2, 0}), of({1, 2}));
    EXPECT_NE(of({0}), secret());
    secret longer = of({1, 2, 3, 4});
    longer = of({1, 2});
    EXPECT_EQ(longer, of({1, 2}));
}

TEST(secret, leaves_nothing_behind) {
    secret moved = of({1, 2, 3});
    // Where the bytes are; they stay the object's own.
    const std::uint8_t* const bytes = moved.reveal().data();
    const secret kept = std::move(moved);
    EXPECT_EQ(kept, of({1, 2, 3}));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(bytes[i], 0);
    secret assigned;
    secret from = of({4, 5});
    const std::uint8_t* const source = from.reveal().data();
    assigned = std::move(from);
    EXPECT_EQ(assigned, of({4, 5}));
    EXPECT_EQ(source[0] | source[1], 0);
    secret wiped = of({7});
    const std::uint8_t* const content = wiped.reveal().data();
    wiped.wipe();
    EXPECT_TRUE(wiped.empty());
    EXPECT_EQ(*content, 0);
}

TEST(secret, is_not_printed) {
    std::ostringstream text;
    text << of({0xab, 0xcd}) << secret();
    EXPECT_EQ(text.str(), "(a secret)(no secret)");
    EXPECT_EQ(testing::PrintToString(of({0xab, 0xcd})), "(a secret)");
}

TEST(secret, has_a_fingerprint_that_depends_on_all_of_it) {
    EXPECT_EQ(of({1, 2, 3}).fingerprint(), of({1, 2, 3}).fingerprint());
    EXPECT_EQ(of({1, 2, 3}).fingerprint().size(), 8U);
    EXPECT_NE(of({1, 2, 3}).fingerprint(), of({1, 2, 4}).fingerprint());
    EXPECT_NE(of({1, 2, 3}).fingerprint(), of({1, 2, 3, 0}).fingerprint());
    EXPECT_EQ(secret().fingerprint(), "");
}

TEST(wipe, clears_texts_and_bytes) {
    std::string text = "key";
    wipe(text);
    EXPECT_EQ(text, "");
    std::vector<std::uint8_t> bytes{1, 2, 3};
    wipe(std::span(bytes));
    EXPECT_EQ(bytes, (std::vector<std::uint8_t>{0, 0, 0}));
}

}  // namespace
}  // namespace waggle
