#include "control/agent/gossip_keys.hh"

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

TEST(gossip_keys, are_read_line_by_line) {
    auto keys = parse_gossip_keys(
        "# keys\n000102030405060708090a0b0c0d0e0f\n\nFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF \r\n");
    ASSERT_TRUE(keys.ok());
    ASSERT_EQ(keys->size(), 2U);
    EXPECT_EQ((*keys)[0].size(), 16U);
    EXPECT_EQ((*keys)[0][15], 15);
    EXPECT_EQ((*keys)[1][0], 255);
}

TEST(gossip_keys, that_are_none_are_refused_without_showing_them) {
    for (const char* bad : {"00010203", "000102030405060708090a0b0c0d0e0g", "zzz"}) {
        auto keys = parse_gossip_keys(bad);
        ASSERT_FALSE(keys.ok());
        EXPECT_EQ(keys.failure().message.find(bad), std::string::npos) << keys.failure().message;
        EXPECT_NE(keys.failure().message.find("line 1"), std::string::npos);
    }
    EXPECT_FALSE(parse_gossip_keys("").ok());
    std::string many;
    for (int i = 0; i < 17; ++i) many += "000102030405060708090a0b0c0d0e0f\n";
    EXPECT_FALSE(parse_gossip_keys(many).ok());
}

}  // namespace
}  // namespace waggle::control
