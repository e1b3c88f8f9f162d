#include "control/encryption/derivation.hh"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control/encryption/hexadecimal.hh"
#include "control/encryption/hkdf.hh"
#include "control/encryption/key_pair.hh"
#include "tests/unit/encryption/samples.hh"

namespace waggle::control {
namespace {

/// RFC 5869 appendix A: test cases 1 and 3, as far as they fit a secret.
TEST(hkdf, rfc_5869) {
    const secret first =
        hkdf_extract(from_hex("000102030405060708090a0b0c"), std::vector<std::uint8_t>(22, 0x0b));
    EXPECT_EQ(to_hex(first.reveal()), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    EXPECT_EQ(to_hex(hkdf_expand(first, from_hex("f0f1f2f3f4f5f6f7f8f9"), 42).reveal()),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    const secret third = hkdf_extract({}, std::vector<std::uint8_t>(22, 0x0b));
    EXPECT_EQ(to_hex(hkdf_expand(third, {}, 42).reveal()),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    EXPECT_TRUE(hkdf_expand(third, {}, 0).empty());
}

/// vectors.json: computed from the document by a program of its own.
class vectors : public testing::Test {
protected:
    nlohmann::json document = nlohmann::json::parse(std::ifstream(WAGGLE_ENCRYPTION_DATA "/vectors.json"));
    vni overlay = id(document["vni"]);
    overlay_secret keys = *parse_overlay_secret(document["secret"].get<std::string>(), overlay);

    static secret secret_of(const nlohmann::json& hex) { return *secret::from(from_hex(hex)); }
    static announcement told_by(const nlohmann::json& host, vni overlay) {
        announcement told;
        told.overlay = overlay;
        told.node = host["node"];
        told.started = host["started"];
        const auto boot = from_hex(host["boot"]);
        std::copy(boot.begin(), boot.end(), told.boot.begin());
        told.workers = host["workers"];
        told.preferred = static_cast<api::cipher>(host["preferred"].get<int>());
        const std::uint32_t epoch = host["epoch"];
        told.current = {epoch, key_pair::from(secret_of(host["current"])).public_half};
        told.next = {epoch + 1, key_pair::from(secret_of(host["next"])).public_half};
        return told;
    }
};

TEST_F(vectors, overlay_keys) {
    EXPECT_EQ(to_hex(keys.authentication.reveal()), document["authentication"]);
    EXPECT_EQ(to_hex(keys.mixing.reveal()), document["mixing"]);
}

TEST_F(vectors, announcements) {
    for (const auto& host : document["hosts"]) {
        const announcement told = told_by(host, overlay);
        EXPECT_EQ(to_hex(seal_announcement(told, keys)), host["announcement"]);
        const auto opened = open_announcement(from_hex(host["announcement"]), overlay, keys);
        ASSERT_TRUE(opened.ok()) << opened.failure().message;
        EXPECT_EQ(*opened, told);
    }
}

TEST_F(vectors, associations) {
    ASSERT_EQ(document["associations"].size(), 3U);
    for (const auto& expected : document["associations"]) {
        const bool from_first = expected["sender"] == document["hosts"][0]["node"];
        const auto& sender = document["hosts"][from_first ? 0 : 1];
        const auto& receiver = document["hosts"][from_first ? 1 : 0];
        const announcement of_sender = told_by(sender, overlay);
        const announcement of_receiver = told_by(receiver, overlay);
        const association_end from{of_sender.node, of_sender.boot, of_sender.current};
        const association_end to{of_receiver.node, of_receiver.boot, of_receiver.current};
        const auto cipher = common_cipher(of_sender, of_receiver);
        ASSERT_TRUE(cipher);
        EXPECT_EQ(static_cast<int>(*cipher), expected["cipher"]);
        // Each end has its own private and the other's public half.
        for (const bool at_sender : {true, false}) {
            const auto shared = at_sender ? agree(secret_of(sender["current"]), of_receiver.current.key)
                                          : agree(secret_of(receiver["current"]), of_sender.current.key);
            ASSERT_TRUE(shared);
            EXPECT_EQ(to_hex(shared->reveal()), expected["shared"]);
            const derived_association made =
                derive_association(keys, overlay, *shared, from, to, *cipher, expected["worker"]);
            EXPECT_EQ(to_hex(made.keying_material.reveal()), expected["keying_material"]);
            EXPECT_EQ(made.spi, expected["spi"]);
        }
    }
}

/// Every input counts.
TEST(derivation, differs_with_each_input) {
    const secret shared = *secret::from(std::vector<std::uint8_t>(32, 7));
    const association_end a{"alpha", {1}, {1, {2}}};
    const association_end b{"beta", {3}, {1, {4}}};
    std::vector<derived_association> all;
    const auto add = [&](const overlay_secret& keys, vni overlay, const secret& agreed,
                         const association_end& from, const association_end& to, api::cipher cipher,
                         std::uint16_t worker) {
        all.push_back(derive_association(keys, overlay, agreed, from, to, cipher, worker));
    };
    const auto aes = api::cipher::aes256gcm;
    add(keys_of(), id(1), shared, a, b, aes, 0);
    add(keys_of("another secret of at least 32 characters"), id(1), shared, a, b, aes, 0);
    add(keys_of(), id(2), shared, a, b, aes, 0);
    add(keys_of(), id(1), *secret::from(std::vector<std::uint8_t>(32, 8)), a, b, aes, 0);
    add(keys_of(), id(1), shared, b, a, aes, 0);
    add(keys_of(), id(1), shared, a, b, api::cipher::chacha20poly1305, 0);
    add(keys_of(), id(1), shared, a, b, aes, 1);
    for (association_end end :
         {association_end{"alph", {1}, {1, {2}}}, association_end{"alpha", {2}, {1, {2}}},
          association_end{"alpha", {1}, {2, {2}}}, association_end{"alpha", {1}, {1, {3}}}})
        add(keys_of(), id(1), shared, end, b, aes, 0);
    for (association_end end :
         {association_end{"bet", {3}, {1, {4}}}, association_end{"beta", {2}, {1, {4}}},
          association_end{"beta", {3}, {2, {4}}}, association_end{"beta", {3}, {1, {3}}}})
        add(keys_of(), id(1), shared, a, end, aes, 0);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            EXPECT_NE(all[i].spi, all[j].spi) << i << " and " << j;
            EXPECT_FALSE(all[i].keying_material == all[j].keying_material) << i << " and " << j;
        }
}

TEST(derivation, cipher_is_the_senders_wish_as_far_as_the_receiver_goes_along) {
    const auto aes = api::cipher::aes256gcm;
    const auto chacha = api::cipher::chacha20poly1305;
    const auto host = [](cipher_set supported, api::cipher preferred) {
        announcement told;
        told.supported = supported;
        told.preferred = preferred;
        return told;
    };
    const cipher_set both = exchangeable_ciphers;
    EXPECT_EQ(common_cipher(host(both, chacha), host(both, aes)), chacha);
    EXPECT_EQ(common_cipher(host(both, aes), host(both, chacha)), aes);
    EXPECT_EQ(common_cipher(host(both, chacha), host(set_of(aes), aes)), aes);
    EXPECT_EQ(common_cipher(host(both, aes), host(set_of(chacha), chacha)), chacha);
    EXPECT_EQ(common_cipher(host(set_of(aes), aes), host(set_of(chacha), chacha)), std::nullopt);
}

TEST(agreement, refuses_public_halves_of_small_order) {
    const key_pair own = key_pair::make(seeded(1));
    EXPECT_FALSE(agree(own.private_half, public_key{}));
    EXPECT_FALSE(agree(own.private_half, public_key{1}));
    EXPECT_TRUE(agree(own.private_half, key_pair::make(seeded(2)).public_half));
}

TEST(overlay_secret, is_refused_if_short_or_long) {
    const auto message = [](const std::string& text) {
        return parse_overlay_secret(text, id(1)).failure().message;
    };
    EXPECT_EQ(message(""), "is empty");
    EXPECT_EQ(message(" \n"), "is empty");
    EXPECT_EQ(message(std::string(31, 'x') + "\n\n"),
              "has 31 characters; allowed: 32 to 4096 random ones, as 'openssl rand -base64 32' prints them");
    EXPECT_FALSE(parse_overlay_secret(std::string(4097, 'x'), id(1)).ok());
    EXPECT_TRUE(parse_overlay_secret(std::string(4096, 'x'), id(1)).ok());
    EXPECT_EQ(*parse_overlay_secret(sample_secret + "\r\n", id(1)),
              *parse_overlay_secret(sample_secret, id(1)));
    EXPECT_FALSE(keys_of(sample_secret, 1) == keys_of(sample_secret, 2));
}

}  // namespace
}  // namespace waggle::control
