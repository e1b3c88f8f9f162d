#include "control/gossip/memberlist/wire/lzw.hh"

#include <random>

#include <gtest/gtest.h>

#include "control/gossip/core/random.hh"
#include "tests/unit/gossip/vectors.hh"

namespace waggle::gossip::lzw {
namespace {

TEST(lzw, matches_go) {
    EXPECT_EQ(to_hex(compress(vectors::lzw_input)), to_hex(vectors::lzw_output));
    EXPECT_EQ(*decompress(vectors::lzw_output, 1000), vectors::lzw_input);
    // An empty text is a clear and an end code.
    EXPECT_EQ(to_hex(compress({})), "000302");
    EXPECT_EQ(*decompress(from_hex("000302"), 0), bytes{});
}

TEST(lzw, random_texts_survive) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_source random(seed);
    for (int round = 0; round < 400; ++round) {
        // Few different bytes make long codes, many fill the table and make it start over.
        const std::uint64_t letters = 1 + random.below(random.chance(0.5) ? 4 : 256);
        bytes plain(random.below(round % 20 == 0 ? 200'000 : 9'000));
        for (std::uint8_t& byte : plain) byte = static_cast<std::uint8_t>(random.below(letters));
        const bytes packed = compress(plain);
        const result<bytes> back = decompress(packed, plain.size());
        ASSERT_TRUE(back.ok()) << back.failure().message;
        ASSERT_EQ(*back, plain);
        if (!plain.empty()) {
            EXPECT_FALSE(decompress(packed, plain.size() - 1).ok());
        }
        EXPECT_FALSE(decompress(byte_view(packed).first(packed.size() - 1), plain.size()).ok());
    }
}

TEST(lzw, a_bomb_ends_at_the_limit) {
    const bytes packed = compress(bytes(50'000'000));
    EXPECT_LT(packed.size(), 100'000U);
    EXPECT_FALSE(decompress(packed, 1'000'000).ok());
}

TEST(lzw, rubbish_is_refused_or_read_within_limits) {
    EXPECT_FALSE(decompress({}, 10).ok());
    // Code 300 right after the clear is not defined yet.
    EXPECT_FALSE(decompress(from_hex("00590204"), 10).ok());
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_source random(seed);
    for (int round = 0; round < 20'000; ++round) {
        bytes packed(random.below(200));
        for (std::uint8_t& byte : packed) byte = static_cast<std::uint8_t>(random.below(256));
        const result<bytes> plain = decompress(packed, 100);
        if (plain) {
            EXPECT_LE(plain->size(), 100U);
        }
    }
}

}  // namespace
}  // namespace waggle::gossip::lzw
