#include "control/encryption/announcement.hh"

#include <random>

#include <gtest/gtest.h>

#include "control/encryption/byte_writer.hh"
#include "control/encryption/hkdf.hh"
#include "tests/unit/encryption/samples.hh"

namespace waggle::control {
namespace {

announcement sample() {
    announcement told;
    told.overlay = id(4098);
    told.node = "alpha";
    told.started = 1'700'000'000'000;
    told.boot = {1, 2, 3};
    told.workers = 4;
    told.current = {3, {7}};
    told.next = {4, {8}};
    return told;
}

std::string refusal_of(const std::vector<std::uint8_t>& bytes) {
    const auto opened = open_announcement(bytes, id(4098), keys_of());
    return opened.ok() ? "" : opened.failure().message;
}

TEST(announcement, survives_sealing_and_opening) {
    for (const std::size_t length : {std::size_t{1}, std::size_t{5}, longest_node_name}) {
        announcement told = sample();
        told.node = std::string(length, 'n');
        told.workers = most_workers;
        told.preferred = api::cipher::chacha20poly1305;
        const auto bytes = seal_announcement(told, keys_of());
        EXPECT_EQ(bytes.size(), announcement_overhead + length);
        const auto opened = open_announcement(bytes, id(4098), keys_of());
        ASSERT_TRUE(opened.ok()) << opened.failure().message;
        EXPECT_EQ(*opened, told);
    }
}

TEST(announcement, no_changed_byte_goes_through) {
    const auto good = seal_announcement(sample(), keys_of());
    for (std::size_t i = 0; i < good.size(); ++i)
        for (unsigned bit = 0; bit < 8; ++bit) {
            auto bad = good;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ 1U << bit);
            EXPECT_NE(refusal_of(bad), "") << "byte " << i << " bit " << bit;
        }
}

TEST(announcement, no_other_length_goes_through) {
    const auto good = seal_announcement(sample(), keys_of());
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_NE(refusal_of({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}), "")
            << length;
    auto longer = good;
    longer.push_back(0);
    EXPECT_NE(refusal_of(longer), "");
    EXPECT_EQ(refusal_of(std::vector<std::uint8_t>(265)), "is no announcement: it has 265 bytes");
    EXPECT_EQ(refusal_of({}), "is no announcement: it has 0 bytes");
}

TEST(announcement, is_bound_to_secret_and_overlay) {
    const auto bytes = seal_announcement(sample(), keys_of());
    const auto other =
        open_announcement(bytes, id(4098), keys_of("another secret of at least 32 characters"));
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.failure().message, "is not authentic: its host has another secret for this overlay");
    // The same secret on two overlays is not the same key.
    EXPECT_FALSE(open_announcement(bytes, id(4099), keys_of(sample_secret, 4099)).ok());
    announcement elsewhere = sample();
    elsewhere.overlay = id(4099);
    EXPECT_EQ(refusal_of(seal_announcement(elsewhere, keys_of())), "is for another overlay");
}

TEST(announcement, of_another_version_says_so) {
    auto bytes = seal_announcement(sample(), keys_of());
    bytes[0] = 2;
    EXPECT_EQ(
        refusal_of(bytes),
        "has format 2, known is 1; hosts of one overlay need versions of Waggle that understand each other");
}

/// Whoever has the secret may still send nonsense.
TEST(announcement, authentic_nonsense_is_refused) {
    const auto good = seal_announcement(sample(), keys_of());
    const auto resealed = [&](std::size_t at, std::vector<std::uint8_t> with) {
        std::vector<std::uint8_t> plain(good.begin(), good.end() - 32);
        std::copy(with.begin(), with.end(), plain.begin() + static_cast<std::ptrdiff_t>(at));
        const secret tag = hmac_sha256(keys_of().authentication.reveal(), plain);
        plain.insert(plain.end(), tag.reveal().begin(), tag.reveal().end());
        return plain;
    };
    EXPECT_EQ(refusal_of(resealed(1, {good[1]})), "");
    const std::string ranges = "has fields out of their ranges";
    EXPECT_EQ(refusal_of(resealed(1, {0})), ranges) << "no cipher";
    EXPECT_EQ(refusal_of(resealed(1, {1})), ranges) << "only a cipher of the docker profile";
    EXPECT_EQ(refusal_of(resealed(2, {0})), ranges) << "prefers what it does not have";
    EXPECT_EQ(refusal_of(resealed(2, {200})), ranges) << "prefers a cipher that is none";
    EXPECT_EQ(refusal_of(resealed(3, {4})), ranges) << "name too short";
    EXPECT_EQ(refusal_of(resealed(3, {6})), ranges) << "name too long";
    EXPECT_EQ(refusal_of(resealed(4, {1, 0, 0, 0})), "is for another overlay") << "25 bits";
    EXPECT_EQ(refusal_of(resealed(32, {0, 0})), ranges) << "no worker";
    EXPECT_EQ(refusal_of(resealed(32, {0, 65})), ranges) << "too many workers";
    EXPECT_EQ(refusal_of(resealed(34, {0, 1})), ranges) << "reserved";
    EXPECT_EQ(refusal_of(resealed(36, {0, 0, 0, 0})), ranges) << "no epoch";
    EXPECT_EQ(refusal_of(resealed(36, {0xff, 0xff, 0xff, 0xff})), ranges) << "no epoch follows";
    EXPECT_EQ(refusal_of(resealed(104, {'\n'})), ranges) << "control character in the name";
    EXPECT_EQ(refusal_of(resealed(104, {'-'})), ranges) << "name of an option";
    // Ciphers that are not known yet do no harm.
    EXPECT_EQ(refusal_of(resealed(1, {0xff})), "");
}

TEST(announcement, random_bytes_are_refused) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int i = 0; i < 5000; ++i) {
        std::vector<std::uint8_t> bytes(random() % 300);
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
        if (!bytes.empty()) bytes[0] = static_cast<std::uint8_t>(random() % 3);
        EXPECT_NE(refusal_of(bytes), "");
    }
}

}  // namespace
}  // namespace waggle::control
