#include "control/gossip/keyring/keyring.hh"

#include <algorithm>

#include <gtest/gtest.h>

#include "control/gossip/keyring/sealing.hh"
#include "tests/unit/gossip/vectors.hh"

namespace waggle::gossip {
namespace {

nonce vector_nonce() {
    nonce iv;
    std::copy(vectors::iv.begin(), vectors::iv.end(), iv.begin());
    return iv;
}

TEST(sealing, matches_the_recorded_forms) {
    const aead_key key = *aead_key::make(vectors::key);
    EXPECT_EQ(to_hex(seal(key, vector_nonce(), sealing_version::plain, {}, vectors::ping)),
              to_hex(vectors::ping_sealed_v1));
    EXPECT_EQ(to_hex(seal(key, vector_nonce(), sealing_version::padded, {}, vectors::ping)),
              to_hex(vectors::ping_sealed_v0));
    const keyring ring = *keyring::make({vectors::key}, 0);
    for (const bytes& sealed : {vectors::ping_sealed_v0, vectors::ping_sealed_v1}) {
        bytes out;
        ASSERT_EQ(ring.open_packet(sealed, out), keyring::verdict::opened);
        EXPECT_EQ(to_hex(out), to_hex(vectors::ping));
    }
    bytes out;
    ASSERT_EQ(ring.open_stream(vectors::stream_frame, out), keyring::verdict::opened);
    EXPECT_EQ(*frame_length(vectors::stream_frame), vectors::stream_frame.size() - frame_header_size);
    EXPECT_EQ(to_hex(seal_frame(key, vector_nonce(), out)), to_hex(vectors::stream_frame));
}

TEST(keyring, opens_with_every_key_and_seals_with_the_primary) {
    const bytes old_key = from_hex("0f0e0d0c0b0a09080706050403020100");
    const keyring before = *keyring::make({old_key, vectors::key}, 0);
    const keyring after = *keyring::make({old_key, vectors::key}, 1);
    const keyring only_new = *keyring::make({vectors::key}, 0);
    bytes out;
    EXPECT_EQ(after.open_packet(before.seal_packet(vectors::ack), out), keyring::verdict::opened);
    EXPECT_EQ(before.open_packet(after.seal_packet(vectors::ack), out), keyring::verdict::opened);
    EXPECT_EQ(only_new.open_packet(after.seal_packet(vectors::ack), out), keyring::verdict::opened);
    EXPECT_EQ(only_new.open_stream(after.seal_stream(vectors::ack), out), keyring::verdict::opened);
    bytes expected;
    for (int i = 0; i < 4; ++i) append(expected, vectors::ack);
    EXPECT_EQ(out, expected) << "opened texts are appended";
    EXPECT_EQ(only_new.open_packet(before.seal_packet(vectors::ack), out), keyring::verdict::wrong_key);
    EXPECT_EQ(only_new.open_stream(before.seal_stream(vectors::ack), out), keyring::verdict::wrong_key);
    EXPECT_EQ(out, expected) << "nothing of what did not open";
    EXPECT_EQ(only_new.open_packet(vectors::ack, out), keyring::verdict::not_sealed);
    EXPECT_EQ(before.fingerprints().size(), 2U);
    EXPECT_EQ(after.fingerprints().front(), only_new.fingerprints().front());
    EXPECT_EQ(before.fingerprints().front(), after.fingerprints().back());
}

TEST(keyring, notices_every_changed_byte) {
    const keyring ring = *keyring::make({vectors::key}, 0);
    for (std::size_t i = 0; i < vectors::ping_sealed_v1.size(); ++i) {
        bytes changed = vectors::ping_sealed_v1;
        changed[i] ^= 0x40;
        bytes out;
        EXPECT_NE(ring.open_packet(changed, out), keyring::verdict::opened) << i;
        EXPECT_TRUE(out.empty());
    }
    for (std::size_t i = 0; i < vectors::stream_frame.size(); ++i) {
        bytes changed = vectors::stream_frame;
        changed[i] ^= 1;
        bytes out;
        EXPECT_NE(ring.open_stream(changed, out), keyring::verdict::opened) << i;
    }
    for (std::size_t size = 0; size < vectors::ping_sealed_v1.size(); ++size) {
        bytes out;
        EXPECT_NE(ring.open_packet(byte_view(vectors::ping_sealed_v1).first(size), out),
                  keyring::verdict::opened);
    }
}

TEST(keyring, refuses_bad_keys) {
    EXPECT_FALSE(keyring::make({}, 0).ok());
    EXPECT_FALSE(keyring::make({vectors::key}, 1).ok());
    EXPECT_FALSE(keyring::make({bytes(15)}, 0).ok());
    EXPECT_FALSE(keyring::make(std::vector<bytes>(17, vectors::key), 0).ok());
    const keyring twice = *keyring::make({vectors::key, bytes(32), vectors::key}, 2);
    EXPECT_EQ(twice.fingerprints().size(), 2U);
    EXPECT_EQ(twice.fingerprints().front(), aead_key::make(vectors::key)->fingerprint());
}

TEST(sealing, refuses_frames_beyond_the_limit) {
    EXPECT_FALSE(frame_length(from_hex("0a01400001")).ok());
    EXPECT_TRUE(frame_length(from_hex("0a01400000")).ok());
    EXPECT_FALSE(frame_length(from_hex("0a0000001c")).ok());
    EXPECT_FALSE(frame_length(from_hex("060000003a")).ok()) << "plain text";
    EXPECT_FALSE(frame_length(from_hex("0a000000")).ok());
}

}  // namespace
}  // namespace waggle::gossip
