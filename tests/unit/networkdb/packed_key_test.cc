#include "control/gossip/networkdb/packed_key.hh"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace waggle::networkdb {
namespace {

TEST(packed_key, stands_for_its_text) {
    std::mt19937 random(6);
    std::vector<std::string> texts{"",
                                   "k",
                                   "key",
                                   std::string(64, '0'),
                                   std::string(64, 'f'),
                                   std::string(64, 'F'),
                                   std::string(63, '0'),
                                   std::string(65, '0'),
                                   std::string(32, '\0'),
                                   std::string(63, '0') + "g",
                                   std::string(63, '0') + "/",
                                   std::string(63, '0') + ":",
                                   std::string(63, '0') + "`",
                                   "\xff" + std::string(63, 'a')};
    for (int i = 0; i < 100; ++i) {
        std::string text;
        for (int digit = 0; digit < 64; ++digit) text += "0123456789abcdef"[random() % 16];
        texts.push_back(text);
        text[random() % 64] = static_cast<char>(random());
        texts.push_back(text);
    }
    for (const std::string& a : texts) {
        EXPECT_EQ(packed_key(a).text(), a);
        packed_key moved = packed_key(a);
        packed_key held("another");
        held = std::move(moved);
        EXPECT_EQ(held.text(), a);
        for (const std::string& b : texts) {
            ASSERT_EQ(packed_key(a) == packed_key(b), a == b) << a << " " << b;
            ASSERT_EQ(packed_key(a) < packed_key(b), a < b) << a << " " << b;
            if (a == b) {
                ASSERT_EQ(packed_key(a).hash(), packed_key(b).hash());
            }
        }
    }
}

}  // namespace
}  // namespace waggle::networkdb
