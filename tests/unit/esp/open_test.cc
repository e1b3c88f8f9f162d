// Every verdict of open(), and what it counts.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/esp/esp_support.hh"

namespace waggle::esp {
namespace {

constexpr aead_cipher ciphers[]{aead_cipher::aes_128_gcm, aead_cipher::aes_256_gcm,
                                aead_cipher::chacha20_poly1305};

/// 28 bytes of payload and their trailer.
bytes text_with(std::initializer_list<std::uint8_t> trailer) {
    bytes text;
    for (std::uint8_t i = 0; i < 28; ++i) text.push_back(static_cast<std::uint8_t>(0x40 + i));
    for (const std::uint8_t each : trailer) text.push_back(each);
    return text;
}

bytes padded(std::uint8_t padding, std::uint8_t next_header = 17) {
    bytes text(static_cast<std::size_t>(258 - padding), 0x40);
    for (unsigned i = 1; i <= padding; ++i) text.push_back(static_cast<std::uint8_t>(i));
    text.insert(text.end(), {padding, next_header});
    return text;
}

class open_verdicts : public testing::Test {
protected:
    association_parameters parameters = test_parameters(aead_cipher::aes_128_gcm);
    std::unique_ptr<inbound_association> association = must(make_inbound(parameters, {}));
    std::uint64_t sequence = 0;

    /// The verdict, which is counted once.
    open_verdict verdict_of(const bytes& packet) {
        const auto counted = [&] {
            std::uint64_t sum = 0;
            for (const auto& each : association->cold.refused) sum += each.load();
            return sum;
        };
        const std::uint64_t before = counted();
        const open_verdict verdict = open_one(*association, packet).verdict;
        const std::uint64_t opened = verdict == open_verdict::opened ? 0 : 1;
        EXPECT_EQ(counted() - before, opened);
        if (opened != 0) {
            EXPECT_GE(association->refused(verdict), 1U);
        }
        return verdict;
    }
    open_verdict verdict_of_text(const bytes& text) {
        ++sequence;
        return verdict_of(seal_by_openssl(parameters, sequence, 99 + sequence, text));
    }
};

TEST_F(open_verdicts, good_packets) {
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 2, 17})), open_verdict::opened);
    // Nothing inside is for the next stage to judge.
    EXPECT_EQ(verdict_of_text(from_hex("01020211")), open_verdict::opened);
    EXPECT_EQ(association->usage().packets, 2U);
    EXPECT_EQ(association->usage().bytes, 28U);
    EXPECT_EQ(association->usage().last_used, 1U);
}

TEST_F(open_verdicts, more_padding_than_needed) {
    for (unsigned padding = 0; padding <= 255; ++padding) {
        const bytes packet =
            seal_by_openssl(parameters, ++sequence, 5, padded(static_cast<std::uint8_t>(padding)));
        const opened_packet opened = open_one(*association, packet);
        ASSERT_EQ(opened.verdict, open_verdict::opened) << padding;
        ASSERT_EQ(opened.payload, bytes(258 - padding, 0x40)) << padding;
    }
}

TEST_F(open_verdicts, no_association) {
    bytes packet = seal_by_openssl(parameters, 1, 1, text_with({1, 2, 2, 17}));
    open_burst burst;
    burst.count = 1;
    burst.esp[0] = packet.data();
    burst.length[0] = static_cast<std::uint32_t>(packet.size());
    burst.association[0] = nullptr;
    open(burst, 1);
    EXPECT_EQ(burst.verdict[0], open_verdict::no_association);
}

TEST_F(open_verdicts, truncated) {
    const bytes packet = seal_by_openssl(parameters, 1, 1, from_hex("01020211"));
    for (std::size_t length = 0; length < packet.size(); ++length)
        EXPECT_EQ(verdict_of(bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(length))),
                  open_verdict::truncated);
    EXPECT_EQ(verdict_of(packet), open_verdict::opened);
}

TEST_F(open_verdicts, reserved_spi) {
    bytes packet = seal_by_openssl(parameters, 1, 1, text_with({1, 2, 2, 17}));
    for (const unsigned index : {0U, 1U, 255U}) {
        packet[0] = packet[1] = packet[2] = 0;
        packet[3] = static_cast<std::uint8_t>(index);
        EXPECT_EQ(verdict_of(packet), open_verdict::reserved_spi);
        EXPECT_EQ(peek_spi(packet.data(), packet.size()).verdict, open_verdict::reserved_spi);
    }
}

TEST_F(open_verdicts, spi_to_look_up) {
    const bytes packet = seal_by_openssl(parameters, 1, 1, text_with({1, 2, 2, 17}));
    EXPECT_EQ(peek_spi(packet.data(), packet.size()).verdict, open_verdict::opened);
    EXPECT_EQ(peek_spi(packet.data(), packet.size()).index, spi(0x1234));
    for (std::size_t length = 0; length < 16; ++length)
        EXPECT_EQ(peek_spi(packet.data(), length).verdict, open_verdict::truncated);
}

TEST_F(open_verdicts, misaligned) {
    for (std::size_t extra = 1; extra < 4; ++extra) {
        bytes packet = seal_by_openssl(parameters, 1, 1, text_with({1, 2, 2, 17}));
        packet.resize(packet.size() + extra);
        EXPECT_EQ(verdict_of(packet), open_verdict::misaligned);
    }
}

TEST_F(open_verdicts, replayed_and_too_old) {
    sequence = 9999;
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 2, 17})), open_verdict::opened);
    sequence = 9999;
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 2, 17})), open_verdict::replayed);
    sequence = 10'000 - 4096;
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 2, 17})), open_verdict::opened);
    sequence = 10'000 - 4096 - 1;
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 2, 17})), open_verdict::too_old);
}

TEST_F(open_verdicts, the_window_moves_only_for_what_is_verified) {
    bytes forged = seal_by_openssl(parameters, 1'000'000, 1, text_with({1, 2, 2, 17}));
    forged.back() ^= 1;
    EXPECT_EQ(verdict_of(forged), open_verdict::authentication_failed);
    EXPECT_EQ(association->usage().last_sequence, 0U);
    forged.back() ^= 1;
    EXPECT_EQ(verdict_of(forged), open_verdict::opened);
}

TEST_F(open_verdicts, a_packet_twice_in_one_burst_is_opened_once) {
    const bytes packet = seal_by_openssl(parameters, 1, 1, text_with({1, 2, 2, 17}));
    std::vector<bytes> copies(5, packet);
    open_burst burst;
    burst.count = 5;
    for (unsigned i = 0; i < 5; ++i) {
        burst.esp[i] = copies[i].data();
        burst.length[i] = static_cast<std::uint32_t>(packet.size());
        burst.association[i] = association.get();
    }
    open(burst, 1);
    EXPECT_EQ(burst.verdict[0], open_verdict::opened);
    for (unsigned i = 1; i < 5; ++i) EXPECT_EQ(burst.verdict[i], open_verdict::replayed);
    EXPECT_EQ(association->usage().packets, 1U);
}

TEST_F(open_verdicts, dummy) {
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 2, 59})), open_verdict::dummy);
    // Its content means nothing, and its number is used up like any other.
    EXPECT_EQ(verdict_of_text(text_with({9, 9, 2, 59})), open_verdict::dummy);
    sequence = 0;
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 2, 59})), open_verdict::replayed);
}

TEST_F(open_verdicts, trailer_malformed) {
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 31, 17})), open_verdict::trailer_malformed);
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 255, 17})), open_verdict::trailer_malformed);
    EXPECT_EQ(verdict_of_text(from_hex("01020311")), open_verdict::trailer_malformed);
    EXPECT_EQ(verdict_of_text(from_hex("010203ff")), open_verdict::trailer_malformed);
}

TEST_F(open_verdicts, padding_invalid) {
    EXPECT_EQ(verdict_of_text(text_with({1, 3, 2, 17})), open_verdict::padding_invalid);
    EXPECT_EQ(verdict_of_text(text_with({0, 0, 2, 17})), open_verdict::padding_invalid);
    EXPECT_EQ(verdict_of_text(text_with({1, 2, 30, 17})), open_verdict::padding_invalid);
}

TEST_F(open_verdicts, wrong_next_header) {
    for (const unsigned next : {0U, 4U, 6U, 16U, 18U, 41U, 50U, 255U})
        EXPECT_EQ(verdict_of_text(text_with({1, 2, 2, static_cast<std::uint8_t>(next)})),
                  open_verdict::wrong_next_header);
}

TEST_F(open_verdicts, have_names) {
    EXPECT_EQ(name_of(open_verdict::opened), "opened");
    EXPECT_EQ(name_of(open_verdict::wrong_next_header), "wrong_next_header");
    EXPECT_EQ(name_of(seal_verdict::no_room), "no_room");
}

TEST(corruption, of_any_byte_is_noticed) {
    for (const aead_cipher cipher : ciphers)
        for (const bool extended : {false, true}) {
            const association_parameters parameters = test_parameters(cipher, extended);
            auto out = must(make_outbound(parameters));
            auto in = must(make_inbound(parameters, {}));
            const bytes packet = seal_one(*out, bytes(150, 0x5a));
            for (std::size_t at = 0; at < packet.size(); ++at)
                for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
                    bytes spoiled = packet;
                    spoiled[at] ^= static_cast<std::uint8_t>(flip);
                    ASSERT_NE(open_one(*in, spoiled).verdict, open_verdict::opened) << at << " ^ " << flip;
                }
            EXPECT_EQ(open_one(*in, packet).verdict, open_verdict::opened);
        }
}

TEST(corruption, another_key_salt_or_width_does_not_open) {
    const association_parameters parameters = test_parameters(aead_cipher::aes_256_gcm);
    auto out = must(make_outbound(parameters));
    const bytes packet = seal_one(*out, bytes(100));
    const auto opens = [&](const association_parameters& with) {
        return open_one(*must(make_inbound(with, {})), packet).verdict == open_verdict::opened;
    };
    EXPECT_TRUE(opens(parameters));
    association_parameters other = parameters;
    other.salt[3] ^= 1;
    EXPECT_FALSE(opens(other));
    other = parameters;
    other.extended_sequence = true;
    EXPECT_FALSE(opens(other));
    other = parameters;
    other.icv_length = 8;
    EXPECT_FALSE(opens(other));
    bytes key(32, 1);
    other = parameters;
    other.key = key;
    EXPECT_FALSE(opens(other));
}

}  // namespace
}  // namespace waggle::esp
