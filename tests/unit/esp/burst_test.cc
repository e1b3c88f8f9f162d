// Bursts of several SAs in any order.
#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "dataplane/esp/sizes.hh"
#include "tests/unit/esp/esp_support.hh"

namespace waggle::esp {
namespace {

/// One direction of an SA at both of its ends.
struct pair_of_ends {
    std::unique_ptr<outbound_association> out;
    std::unique_ptr<inbound_association> in;
};

pair_of_ends make_pair_of_ends(unsigned number) {
    static constexpr aead_cipher ciphers[]{aead_cipher::aes_128_gcm, aead_cipher::aes_256_gcm,
                                           aead_cipher::chacha20_poly1305};
    association_parameters parameters = test_parameters(ciphers[number % 3], number % 2 == 1);
    parameters.index = spi(1000 + number);
    parameters.salt[0] = static_cast<std::uint8_t>(number);
    return {must(make_outbound(parameters)), must(make_inbound(parameters, {}))};
}

struct sent_packet {
    bytes payload;
    bytes buffer;
    unsigned pair;
};

/// Seals and opens random bursts over `pairs`; everything must come out again, in order within each SA.
void exchange(std::vector<pair_of_ends>& pairs, std::mt19937_64& random) {
    seal_burst out;
    open_burst in;
    std::vector<sent_packet> packets;
    const unsigned count = 1 + static_cast<unsigned>(random() % burst_size);
    for (unsigned i = 0; i < count; ++i) {
        sent_packet made{bytes(random() % 1600), {}, static_cast<unsigned>(random() % pairs.size())};
        for (std::uint8_t& byte : made.payload) byte = static_cast<std::uint8_t>(random());
        made.buffer.resize(sealed_length(made.payload.size(), pairs[made.pair].out->icv_length));
        std::copy(made.payload.begin(), made.payload.end(), made.buffer.begin() + 16);
        packets.push_back(std::move(made));
    }
    out.count = in.count = count;
    for (unsigned i = 0; i < count; ++i) {
        out.esp[i] = in.esp[i] = packets[i].buffer.data();
        out.length[i] = static_cast<std::uint32_t>(packets[i].payload.size());
        out.room[i] = static_cast<std::uint32_t>(packets[i].buffer.size());
        out.association[i] = pairs[packets[i].pair].out.get();
        in.association[i] = pairs[packets[i].pair].in.get();
    }
    seal(out, 1);
    std::vector<std::uint32_t> last(pairs.size());
    for (unsigned i = 0; i < count; ++i) {
        ASSERT_EQ(out.verdict[i], seal_verdict::sealed);
        ASSERT_EQ(out.length[i], packets[i].buffer.size());
        esp_header header;
        std::memcpy(static_cast<void*>(&header), out.esp[i], sizeof header);
        ASSERT_EQ(header.security_parameters_index(), spi(1000 + packets[i].pair));
        ASSERT_GT(header.sequence.host(), last[packets[i].pair]) << "out of order";
        last[packets[i].pair] = header.sequence.host();
        in.length[i] = out.length[i];
    }
    open(in, 1);
    for (unsigned i = 0; i < count; ++i) {
        ASSERT_EQ(in.verdict[i], open_verdict::opened);
        ASSERT_EQ(bytes(in.esp[i] + 16, in.esp[i] + 16 + in.length[i]), packets[i].payload);
    }
}

TEST(burst, of_mixed_associations_is_sealed_and_opened) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (const unsigned pair_count : {1U, 2U, 7U, 64U, 300U}) {
        std::vector<pair_of_ends> pairs;
        for (unsigned i = 0; i < pair_count; ++i) pairs.push_back(make_pair_of_ends(i));
        for (int round = 0; round < 50; ++round) ASSERT_NO_FATAL_FAILURE(exchange(pairs, random));
    }
}

TEST(burst, every_payload_length_is_padded_to_four) {
    auto pair = make_pair_of_ends(0);
    for (std::size_t length = 0; length < 600; ++length) {
        const bytes payload(length, 0x77);
        const bytes packet = seal_one(*pair.out, payload);
        ASSERT_EQ((packet.size() - 16 - 8) % 4, 0U);
        ASSERT_LT(packet.size() - 16 - 8 - length - 2, 4U);
        ASSERT_EQ(open_one(*pair.in, packet).payload, payload);
    }
}

TEST(burst, refused_packets_are_left_alone_and_use_no_number) {
    auto pair = make_pair_of_ends(0);
    bytes good(200, 1), short_room(200, 2), without(200, 3);
    const bytes short_room_before = short_room, without_before = without;
    seal_burst burst;
    burst.count = 3;
    burst.esp = {short_room.data(), without.data(), good.data()};
    burst.length = {100, 100, 100};
    burst.room = {static_cast<std::uint32_t>(sealed_length(100, 8) - 1), 200,
                  static_cast<std::uint32_t>(sealed_length(100, 8))};
    burst.association = {pair.out.get(), nullptr, pair.out.get()};
    seal(burst, 42);
    EXPECT_EQ(burst.verdict[0], seal_verdict::no_room);
    EXPECT_EQ(burst.verdict[1], seal_verdict::no_association);
    EXPECT_EQ(burst.verdict[2], seal_verdict::sealed);
    EXPECT_EQ(short_room, short_room_before);
    EXPECT_EQ(without, without_before);
    EXPECT_EQ(bytes(good.begin() + static_cast<std::ptrdiff_t>(sealed_length(100, 8)), good.end()),
              bytes(200 - sealed_length(100, 8), 1))
        << "written beyond the ICV";
    EXPECT_EQ(pair.out->usage().last_sequence, 1U);
    EXPECT_EQ(pair.out->usage().packets, 1U);
    EXPECT_EQ(pair.out->usage().bytes, 100U);
    EXPECT_EQ(pair.out->usage().last_used, 42U);
    EXPECT_EQ(pair.out->refused(seal_verdict::no_room), 1U);
}

TEST(burst, may_be_empty) {
    seal_burst out;
    seal(out, 1);
    open_burst in;
    open(in, 1);
}

}  // namespace
}  // namespace waggle::esp
