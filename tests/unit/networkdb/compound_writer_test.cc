#include "control/gossip/networkdb/compound_writer.hh"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "control/gossip/networkdb/codec.hh"

namespace waggle::networkdb {
namespace {

std::string random_text(std::mt19937_64& random, std::size_t longest) {
    std::string text(random() % (longest + 1), '\0');
    for (char& each : text) each = static_cast<char>(random());
    return text;
}

/// Any number, short and long ones alike.
std::uint64_t random_number(std::mt19937_64& random, unsigned bits) {
    const std::uint64_t number = random() >> (64 - bits);
    return number >> random() % bits;
}

TEST(compound_writer, writes_what_the_codec_writes) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    compound_writer writer;
    for (int round = 0; round < 300; ++round) {
        std::vector<std::string> parts;
        for (std::size_t count = random() % 20; count > 0; --count) {
            if (random() % 4 == 0) {
                parts.push_back(random_text(random, 300));
                writer.add(parts.back());
                continue;
            }
            const table_event event{static_cast<table_change>(1 + random() % 3),
                                    random_number(random, 64),
                                    random_text(random, 20),
                                    random_text(random, 30),
                                    random_text(random, 20),
                                    random_text(random, 64),
                                    random_text(random, round % 10 == 0 ? 20'000 : 130),
                                    static_cast<std::int32_t>(random_number(random, 31))};
            parts.push_back(encode(event));
            writer.add(table_event_view(event));
        }
        EXPECT_EQ(writer.empty(), parts.empty());
        EXPECT_EQ(writer.take(), encode_compound(parts));
        EXPECT_TRUE(writer.empty()) << "and begins anew";
    }
}

}  // namespace
}  // namespace waggle::networkdb
