// The IV rule and the sequence rule of outbound SAs.
#include <cstring>
#include <limits>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "dataplane/esp/sizes.hh"
#include "tests/unit/esp/esp_support.hh"

namespace waggle::esp {
namespace {

esp_header header_of(const bytes& packet) {
    esp_header header;
    std::memcpy(static_cast<void*>(&header), packet.data(), sizeof header);
    return header;
}

std::set<std::uint64_t> ivs_of_a_life(unsigned count) {
    auto association = must(make_outbound(test_parameters(aead_cipher::aes_128_gcm)));
    std::set<std::uint64_t> ivs;
    for (unsigned i = 0; i < count; ++i) ivs.insert(header_of(seal_one(*association, bytes(20))).iv.host());
    return ivs;
}

TEST(iv, of_one_life_never_repeats_nor_is_the_sequence_number) {
    auto association = must(make_outbound(test_parameters(aead_cipher::aes_128_gcm)));
    std::set<std::uint64_t> ivs;
    for (std::uint64_t sequence = 1; sequence <= 5000; ++sequence) {
        const esp_header header = header_of(seal_one(*association, bytes(20)));
        ASSERT_EQ(header.sequence.host(), sequence);
        ASSERT_NE(header.iv.host(), sequence);
        ASSERT_TRUE(ivs.insert(header.iv.host()).second);
    }
}

TEST(iv, of_two_lives_are_disjoint) {
    // Same key, SPI and salt, as with a Docker SA after a restart.
    std::set<std::uint64_t> all;
    for (int life = 0; life < 20; ++life) all.merge(ivs_of_a_life(500));
    EXPECT_EQ(all.size(), 20U * 500);
}

TEST(iv, is_a_bijection_of_the_counter) {
    // A counter from a start modulo 2^64: distinct also where it wraps.
    auto association = must(make_outbound_at(test_parameters(aead_cipher::aes_128_gcm), 1,
                                             std::numeric_limits<std::uint64_t>::max() - 99));
    for (std::uint64_t i = 0; i < 200; ++i)
        ASSERT_EQ(header_of(seal_one(*association, bytes(20))).iv.host(), i - 100);
}

struct life_end {
    bool extended;
    std::uint64_t last;
};

class sequence_end : public testing::TestWithParam<life_end> {};

TEST_P(sequence_end, stops_the_association_and_is_counted) {
    const auto [extended, last] = GetParam();
    const association_parameters parameters = test_parameters(aead_cipher::aes_256_gcm, extended);
    auto association = must(make_outbound_at(parameters, last - 999, 77));
    auto peer = must(make_inbound(parameters, {.policy = replay_policy::strict, .window = 4096}));
    // The receiver knows the high half only from what it saw.
    if (extended) peer->moving.replay.accept(last - 1000, 0, 0);

    std::uint64_t sealed = 0;
    std::vector<bytes> buffers(burst_size, bytes(128));
    for (int round = 0; round < 20; ++round) {
        seal_burst burst;
        burst.count = burst_size;
        for (unsigned i = 0; i < burst_size; ++i) {
            burst.esp[i] = buffers[i].data();
            burst.length[i] = 50;
            burst.room[i] = 128;
            burst.association[i] = association.get();
        }
        seal(burst, 5);
        for (unsigned i = 0; i < burst_size; ++i) {
            if (burst.verdict[i] != seal_verdict::sealed) {
                ASSERT_EQ(burst.verdict[i], seal_verdict::sequence_exhausted);
                ASSERT_EQ(sealed, 1000U) << "a packet was refused before the end";
                continue;
            }
            const bytes packet(burst.esp[i], burst.esp[i] + burst.length[i]);
            ASSERT_EQ(header_of(packet).sequence.host(), static_cast<std::uint32_t>(last - 999 + sealed));
            ASSERT_EQ(open_one(*peer, packet).verdict, open_verdict::opened);
            ++sealed;
        }
    }
    EXPECT_EQ(sealed, 1000U);
    EXPECT_EQ(association->refused(seal_verdict::sequence_exhausted), 20U * burst_size - 1000);
    EXPECT_EQ(association->usage().packets, 1000U);
    EXPECT_EQ(association->usage().bytes, 50'000U);
    EXPECT_EQ(association->usage().last_sequence, last);
    EXPECT_EQ(association->usage().sequence_limit, last);
    EXPECT_EQ(peer->usage().packets, 1000U);
    EXPECT_EQ(peer->usage().last_sequence, last);
}

INSTANTIATE_TEST_SUITE_P(widths, sequence_end,
                         testing::Values(life_end{false, std::numeric_limits<std::uint32_t>::max()},
                                         life_end{true, std::numeric_limits<std::uint64_t>::max()}));

TEST(extended_sequence_numbers, cross_the_32_bit_boundary) {
    for (const aead_cipher cipher : {aead_cipher::aes_256_gcm, aead_cipher::chacha20_poly1305}) {
        const association_parameters parameters = test_parameters(cipher, true);
        const std::uint64_t boundary = std::uint64_t{5} << 32;
        auto association = must(make_outbound_at(parameters, boundary - 100, 77));
        auto peer = must(make_inbound(parameters, {}));
        peer->moving.replay.accept(boundary - 200, 0, 0);
        std::vector<bytes> late;
        for (unsigned i = 0; i < 300; ++i) {
            const bytes packet = seal_one(*association, bytes(30, 9));
            if (i % 3 == 0)
                late.push_back(packet);
            else
                ASSERT_EQ(open_one(*peer, packet).verdict, open_verdict::opened);
        }
        for (const bytes& packet : late) ASSERT_EQ(open_one(*peer, packet).verdict, open_verdict::opened);
        for (const bytes& packet : late) ASSERT_EQ(open_one(*peer, packet).verdict, open_verdict::replayed);
        EXPECT_EQ(peer->usage().last_sequence, boundary + 199);
    }
}

TEST(extended_sequence_numbers, high_half_is_part_of_what_is_verified) {
    const association_parameters parameters = test_parameters(aead_cipher::aes_256_gcm, true);
    auto peer = must(make_inbound(parameters, {}));
    const bytes text = from_hex("00112233445566778899aabb 0011");
    bytes good = text;
    good.insert(good.end() - 2, {1, 2});
    good[good.size() - 2] = 2;
    // Number 2^32 + 7, of which the receiver can only believe 7.
    EXPECT_EQ(open_one(*peer, seal_by_openssl(parameters, (std::uint64_t{1} << 32) + 7, 1, good)).verdict,
              open_verdict::authentication_failed);
    EXPECT_EQ(open_one(*peer, seal_by_openssl(parameters, 7, 1, good)).verdict, open_verdict::opened);
}

}  // namespace
}  // namespace waggle::esp
