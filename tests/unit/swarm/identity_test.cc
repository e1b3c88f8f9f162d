#include "control/swarm/identity/identity.hh"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "control/swarm/identity/join_token.hh"
#include "tests/unit/swarm/test_ca.hh"

namespace waggle::control::swarm {
namespace {

using test::test_ca;

TEST(join_token, pins_the_bytes_of_the_root) {
    const test_ca ca;
    const auto token = join_token::parse(ca.token());
    ASSERT_TRUE(token) << token.failure().message;
    EXPECT_TRUE(token->pins(ca.root()));
    EXPECT_FALSE(token->pins(ca.root() + "\n"));
    EXPECT_FALSE(token->pins(test_ca().root()));
    EXPECT_FALSE(token->pins(""));
}

TEST(join_token, knows_the_digest_in_base_36) {
    // SHA-256 of nothing, converted with independent code.
    const std::string digest = "5oaq0bjhj6un82wg98mgigso5q7qlhc63je4gw7ivixqqhkd3p";
    const auto token = join_token::parse("SWMTKN-1-" + digest + "-" + std::string(25, '0'));
    ASSERT_TRUE(token);
    EXPECT_TRUE(token->pins(""));
    EXPECT_FALSE(token->pins("x"));
}

TEST(join_token, refuses_what_is_none) {
    const std::string good = test_ca().token();
    const std::string digest = good.substr(9, 50);
    const std::string secret(25, 'a');
    for (const std::string& bad :
         {std::string(), std::string("SWMTKN-1-"), "SWMTKN-3-" + digest + "-" + secret, good + "0",
          good.substr(0, good.size() - 1), "SWMTKN-1-" + digest.substr(1) + "-0" + secret,
          "SWMTKN-1-" + std::string(50, 'z') + "-" + secret,
          "SWMTKN-1-" + std::string(50, 'A') + "-" + secret,
          "SWMTKN-1-" + digest + "-" + std::string(25, '_'), "SWMTKN-2-" + digest + "-" + secret,
          "SWMTKN-2-2-" + digest + "-" + secret, " " + good}) {
        const auto read = join_token::parse(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_NE(read.failure().message.find("docker swarm join-token worker"), std::string::npos);
        EXPECT_EQ(read.failure().message.find(secret), std::string::npos);
    }
}

TEST(join_token, of_a_fips_swarm) {
    const std::string rest = test_ca().token().substr(9);
    EXPECT_TRUE(join_token::parse("SWMTKN-2-0-" + rest));
    const auto demanded = join_token::parse("SWMTKN-2-1-" + rest);
    ASSERT_FALSE(demanded);
    EXPECT_NE(demanded.failure().message.find("FIPS"), std::string::npos);
}

class identities : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "identity-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        _directory = pattern;
        auto made = make_certificate_request();
        ASSERT_TRUE(made);
        _request = std::move(*made);
    }
    void TearDown() override { std::filesystem::remove_all(_directory); }

    test_ca _ca;
    certificate_request _request;
    std::string _directory;
};

TEST_F(identities, read_what_the_certificate_says) {
    const auto made = identity::make(_ca.root(), _ca.issue(_request.request, "node1"), _request.key);
    ASSERT_TRUE(made) << made.failure().message;
    EXPECT_EQ(made->facts.node_id, "node1");
    EXPECT_EQ(made->facts.cluster_id, test_ca::cluster);
    EXPECT_EQ(made->facts.role, "swarm-worker");
    EXPECT_EQ(made->facts.ends - made->facts.begins, std::chrono::hours(24 * 90 + 1));
    EXPECT_FALSE(made->facts.issuer_subject.empty());
    EXPECT_FALSE(made->facts.issuer_public_key.empty());
}

TEST_F(identities, are_refused_if_their_parts_are_of_different_origin) {
    const std::string certificate = _ca.issue(_request.request, "node1");
    const auto other = make_certificate_request();
    ASSERT_TRUE(other);
    EXPECT_FALSE(identity::make(_ca.root(), certificate, other->key));
    EXPECT_FALSE(identity::make(test_ca().root(), certificate, _request.key));
    EXPECT_FALSE(identity::make(_ca.root(), "garbage", _request.key));
    EXPECT_FALSE(identity::make("garbage", certificate, _request.key));
    EXPECT_FALSE(identity::make(_ca.root(), certificate, private_key("garbage")));
    // A bundle of two roots is fine.
    EXPECT_TRUE(identity::make(test_ca().root() + _ca.root(), certificate, _request.key));
}

TEST_F(identities, are_good_under_a_root_that_is_being_rotated) {
    test_ca next;
    const std::string leaf = next.issue(_request.request, "node1");
    // The old root stands for the new one's key, the bundle for both.
    const auto bridged = identity::make(_ca.root(), leaf + next.cross_signed_by(_ca), _request.key);
    ASSERT_TRUE(bridged) << bridged.failure().message;
    const auto direct = identity::make(_ca.root() + next.root(), leaf, _request.key);
    ASSERT_TRUE(direct) << direct.failure().message;
    EXPECT_EQ(bridged->facts.issuer_public_key, direct->facts.issuer_public_key);
    // A bridge from elsewhere, or without a pillar.
    EXPECT_FALSE(identity::make(_ca.root(), leaf + next.cross_signed_by(test_ca()), _request.key));
    EXPECT_FALSE(identity::make(_ca.root(), leaf + next.root(), _request.key));
    EXPECT_FALSE(identity::make(_ca.root(), leaf, _request.key));
    // A node is no CA, whatever it signs.
    const auto node = make_certificate_request();
    ASSERT_TRUE(node);
    EXPECT_FALSE(identity::make(_ca.root(), leaf + _ca.issue(node->request, "node2"), _request.key));
}

TEST_F(identities, are_kept_in_one_private_file) {
    const identity_store store(_directory + "/swarm");
    EXPECT_FALSE(store.exists());
    const auto made = identity::make(_ca.root(), _ca.issue(_request.request, "node1"), _request.key);
    ASSERT_TRUE(made);
    ASSERT_TRUE(store.keep(*made));
    struct stat about {};
    ASSERT_EQ(::stat((_directory + "/swarm/identity").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
    const auto read = store.read();
    ASSERT_TRUE(read) << read.failure().message;
    EXPECT_EQ(read->key, made->key);
    EXPECT_EQ(read->facts.node_id, "node1");
    ASSERT_TRUE(store.forget());
    EXPECT_FALSE(store.exists());
    EXPECT_TRUE(store.forget());
}

TEST_F(identities, that_are_damaged_are_told_with_the_remedy) {
    const identity_store store(_directory);
    for (const char* content :
         {"", "{", "[1]", "{\"key\": 3}", "{\"root\": \"x\", \"certificate\": \"y\"}"}) {
        std::ofstream(_directory + "/identity") << content;
        const auto read = store.read();
        ASSERT_FALSE(read);
        EXPECT_NE(read.failure().message.find("join the swarm again"), std::string::npos);
    }
}

}  // namespace
}  // namespace waggle::control::swarm
