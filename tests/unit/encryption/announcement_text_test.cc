#include "control/encryption/announcement_text.hh"

#include <gtest/gtest.h>

#include "control/encryption/announcement.hh"
#include "tests/unit/encryption/samples.hh"

namespace waggle::control {
namespace {

TEST(announcement_text, is_one_word_that_gives_the_bytes_back) {
    for (std::size_t length = 0; length <= longest_announcement; ++length) {
        std::vector<std::uint8_t> bytes(length);
        seeded(length)(bytes);
        const std::string text = announcement_text(bytes);
        EXPECT_EQ(text.find_first_of("+/= \n"), std::string::npos);
        EXPECT_EQ(parse_announcement_text(text), bytes);
    }
}

TEST(announcement_text, rubbish_is_refused) {
    for (const std::string& text :
         {std::string("?"), std::string("QUI="), std::string("QU I"), std::string("QUI\n"), std::string("Q"),
          // Not ASCII: libsodium 1.0.18 lets it pass.
          std::string("QUJ\xa4"), std::string("\xff\xff\xff\xff"), std::string(353, 'A'),
          std::string(100'000, 'A')})
        EXPECT_FALSE(parse_announcement_text(text)) << text.substr(0, 10);
}

TEST(announcement_text, claimed_overlay_of_short_bytes_is_none) {
    EXPECT_EQ(claimed_overlay(from_hex("01060105000010")), std::nullopt);
    EXPECT_EQ(claimed_overlay(from_hex("0106010500001002")), 4098U);
}

}  // namespace
}  // namespace waggle::control
