#include "control/overlay/host_encryption.hh"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "control/overlay/desired_state.hh"
#include "control/overlay/saved_keys.hh"
#include "dataplane/api/validate.hh"
#include "tests/unit/overlay/samples.hh"

namespace waggle::control {
namespace {

using namespace std::chrono_literals;

const moment start{1000h};
const std::string secret_text = "0123456789abcdefghijklmnopqrstuvwxyz";
const std::string docker_text =
    "10 000102030405060708090a0b0c0d0e0f\n"
    "11 101112131415161718191a1b1c1d1e1f\n"
    "12 202122232425262728292a2b2c2d2e2f\n";

/// One host: blue with the waggle profile, shop with docker's, plain without.
struct host_under_test {
    host_under_test(const std::string& name, const std::string& peer, unsigned number)
        : encryption(
              [generator = std::mt19937_64(number)](std::span<std::uint8_t> bytes) mutable {
                  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(generator());
              },
              [this] { return ++life; }) {
        config = small_config();
        config.node.name = name;
        config.node.workers = number;
        config.node.vtep_v4 = ip_address::from_v4(0xc0000200U + number);
        config.node.vtep_v6.reset();
        config.node.docker_encryption.emplace();
        config.node.docker_encryption->keys = "/k";
        config.overlays = {
            {"blue", id(4097), {prefix("10.1.0.0/24")}, std::nullopt, false, config::waggle_profile{}},
            {"shop", id(4098), {prefix("10.2.0.0/24")}, std::nullopt, false, config::docker_profile{}},
            {"plain", id(4099), {prefix("10.3.0.0/24")}, std::nullopt, false}};
        config.peers = {{peer, ip_address::from_v4(0xc0000200U + (3 - number)), std::nullopt, std::nullopt}};
        configure();
    }
    void configure(const std::string& secret = secret_text, const std::string& docker = docker_text) {
        key_material keys;
        if (!docker.empty()) keys.docker = *parse_docker_keys(docker);
        keys.secrets.emplace("blue", *parse_overlay_secret(secret, id(4097)));
        encryption.configure(config, std::move(keys), start);
    }
    std::vector<std::uint8_t> announcement() const { return encryption.announcements().at(0).bytes; }

    config::config config;
    std::uint64_t life = 1000;
    host_encryption encryption;
};

class two_encrypted_hosts : public testing::Test {
protected:
    void meet() {
        EXPECT_TRUE(*beta.encryption.accept(alpha.announcement(), start));
        EXPECT_TRUE(*alpha.encryption.accept(beta.announcement(), start));
    }
    static std::size_t count(host_under_test& host, api::encryption profile, api::direction direction) {
        return static_cast<std::size_t>(
            std::ranges::count_if(host.encryption.associations(start), [&](const auto& each) {
                return each.second.profile == profile && each.first.direction == direction;
            }));
    }
    /// What one seals with, the other opens, under the address and SPI that the packet has.
    static void expect_each_opened(host_under_test& from, host_under_test& to) {
        const auto opened = to.encryption.associations(start);
        for (const auto& [key, association] : from.encryption.associations(start)) {
            if (key.direction == api::direction::inbound) continue;
            const auto other = opened.find({api::direction::inbound, *from.config.node.vtep_v4, key.spi});
            ASSERT_NE(other, opened.end());
            EXPECT_EQ(other->second.keying_material, association.keying_material);
            EXPECT_EQ(other->second.cipher, association.cipher);
            EXPECT_EQ(other->second.overlay, association.overlay);
            EXPECT_EQ(other->second.lane, association.lane);
        }
    }

    host_under_test alpha{"alpha", "beta", 1};
    host_under_test beta{"beta", "alpha", 2};
};

TEST_F(two_encrypted_hosts, have_dockers_associations_at_once) {
    EXPECT_EQ(count(alpha, api::encryption::docker, api::direction::inbound), 3U);
    EXPECT_EQ(count(alpha, api::encryption::docker, api::direction::outbound), 1U);
    EXPECT_EQ(count(alpha, api::encryption::waggle, api::direction::outbound), 0U);
    expect_each_opened(alpha, beta);
}

TEST_F(two_encrypted_hosts, have_the_others_when_they_have_met) {
    EXPECT_EQ(alpha.encryption.peers_without_keys(alpha.config.overlays[0]),
              std::vector<std::string>{"beta"});
    EXPECT_TRUE(alpha.encryption.peers_without_keys(alpha.config.overlays[1]).empty());
    EXPECT_TRUE(alpha.encryption.peers_without_keys(alpha.config.overlays[2]).empty());
    meet();
    EXPECT_TRUE(alpha.encryption.peers_without_keys(alpha.config.overlays[0]).empty());
    EXPECT_EQ(count(alpha, api::encryption::waggle, api::direction::outbound), 1U);
    EXPECT_EQ(count(beta, api::encryption::waggle, api::direction::outbound), 2U);
    expect_each_opened(alpha, beta);
    expect_each_opened(beta, alpha);
}

TEST_F(two_encrypted_hosts, become_a_state_that_the_dataplane_takes) {
    meet();
    host_facts facts = small_facts();
    facts.associations = alpha.encryption.associations(start);
    const api::state state = compute_desired_state(alpha.config, facts).state;
    EXPECT_EQ(state.associations.size(), facts.associations.size());
    const auto checked = api::check(state);
    EXPECT_TRUE(checked.ok()) << checked.failure().message;
}

TEST_F(two_encrypted_hosts, keep_their_keys_over_a_reload_without_change) {
    meet();
    const auto before = alpha.encryption.associations(start);
    alpha.configure();
    EXPECT_EQ(alpha.encryption.associations(start), before);
}

TEST_F(two_encrypted_hosts, begin_anew_with_another_secret) {
    meet();
    alpha.configure("another secret that is long enough to be one");
    EXPECT_FALSE(alpha.encryption.peers_without_keys(alpha.config.overlays[0]).empty());
    const auto refused = alpha.encryption.accept(beta.announcement(), start);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(
        refused.failure().message,
        "an announcement for overlay blue: is not authentic: its host has another secret for this overlay");
}

TEST_F(two_encrypted_hosts, rotate_dockers_keys_in_confirmed_steps) {
    const std::string next =
        docker_text.substr(docker_text.find('\n') + 1) + "13 303132333435363738393a3b3c3d3e3f\n";
    alpha.configure(secret_text, next);
    EXPECT_EQ(count(alpha, api::encryption::docker, api::direction::inbound), 4U);
    expect_each_opened(alpha, beta);
    EXPECT_TRUE(alpha.encryption.confirmed());
    EXPECT_EQ(count(alpha, api::encryption::docker, api::direction::inbound), 4U);
    expect_each_opened(alpha, beta);
    EXPECT_TRUE(alpha.encryption.confirmed());
    EXPECT_EQ(count(alpha, api::encryption::docker, api::direction::inbound), 3U);
    EXPECT_FALSE(alpha.encryption.confirmed());
    expect_each_opened(alpha, beta);
    expect_each_opened(beta, alpha);
}

TEST_F(two_encrypted_hosts, have_nothing_for_docker_without_keys) {
    alpha.configure(secret_text, "");
    EXPECT_EQ(count(alpha, api::encryption::docker, api::direction::inbound), 0U);
    EXPECT_EQ(alpha.encryption.peers_without_keys(alpha.config.overlays[1]),
              std::vector<std::string>{"beta"});
}

TEST_F(two_encrypted_hosts, renew_everything_for_another_dataplane_only) {
    meet();
    EXPECT_FALSE(alpha.encryption.dataplane_is(5, start));
    const auto before = alpha.announcement();
    EXPECT_FALSE(alpha.encryption.dataplane_is(5, start));
    EXPECT_EQ(alpha.announcement(), before);
    EXPECT_TRUE(alpha.encryption.dataplane_is(6, start));
    EXPECT_NE(alpha.announcement(), before);
    EXPECT_TRUE(*beta.encryption.accept(alpha.announcement(), start));
    expect_each_opened(alpha, beta);
    expect_each_opened(beta, alpha);
}

TEST_F(two_encrypted_hosts, go_on_where_an_earlier_process_ended) {
    meet();
    alpha.encryption.dataplane_is(5, start);
    const auto saved = decode_saved_encryption(encode(alpha.encryption.save()));
    ASSERT_TRUE(saved);
    host_under_test again("alpha", "beta", 1);
    again.encryption.resume(*saved, start);
    EXPECT_EQ(again.encryption.associations(start), alpha.encryption.associations(start));
    EXPECT_FALSE(again.encryption.dataplane_is(5, start));
    EXPECT_EQ(again.encryption.associations(start), alpha.encryption.associations(start));

    host_under_test other_dataplane("alpha", "beta", 1);
    other_dataplane.encryption.resume(*saved, start);
    EXPECT_TRUE(other_dataplane.encryption.dataplane_is(6, start));
    EXPECT_NE(other_dataplane.announcement(), alpha.announcement());

    host_under_test other_secret("alpha", "beta", 1);
    other_secret.configure("another secret that is long enough to be one");
    other_secret.encryption.resume(*saved, start);
    EXPECT_NE(other_secret.announcement(), alpha.announcement());
}

TEST_F(two_encrypted_hosts, go_on_on_every_overlay) {
    const auto with_another = [](host_under_test& host) {
        host.config.overlays.push_back(
            {"green", id(4100), {prefix("10.4.0.0/24")}, std::nullopt, false, config::waggle_profile{}});
        key_material keys;
        for (const config::overlay* each : {&host.config.overlays[0], &host.config.overlays.back()})
            keys.secrets.emplace(each->name, *parse_overlay_secret(secret_text, each->id));
        host.encryption.configure(host.config, std::move(keys), start);
    };
    with_another(alpha);
    host_under_test again("alpha", "beta", 1);
    with_another(again);
    again.encryption.resume(alpha.encryption.save(), start);
    const auto before = alpha.encryption.announcements();
    const auto after = again.encryption.announcements();
    ASSERT_EQ(before.size(), 2U);
    ASSERT_EQ(after.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(after[i].bytes, before[i].bytes) << before[i].overlay;
}

TEST_F(two_encrypted_hosts, rekey_what_can_be) {
    const moment later = start + 30min;
    EXPECT_EQ(*alpha.encryption.rekey("blue", later), later);
    EXPECT_TRUE(alpha.encryption.advance(later));
    EXPECT_EQ(alpha.encryption.announcements()[0].epoch, 2U);
    EXPECT_EQ(*alpha.encryption.rekey("", later), later + exchange::settling);
    EXPECT_EQ(alpha.encryption.rekey("shop", later).failure().message,
              "the keys of overlay shop come from /k; change it and reload");
    EXPECT_EQ(alpha.encryption.rekey("plain", later).failure().message, "overlay plain is not encrypted");
    EXPECT_EQ(alpha.encryption.rekey("red", later).failure().message, "there is no overlay red");
    alpha.config.overlays.erase(alpha.config.overlays.begin());
    alpha.configure();
    EXPECT_EQ(alpha.encryption.rekey("", later).failure().message,
              "no overlay has the waggle profile; Docker's keys come with their file: change it and reload");
    EXPECT_FALSE(alpha.encryption.wake_at());
    // The keys are a Docker swarm's.
    alpha.config.node.docker_encryption.reset();
    alpha.configure();
    EXPECT_EQ(
        alpha.encryption.rekey("", later).failure().message,
        "no overlay has the waggle profile; the keys of encrypted networks come from the managers of the "
        "Docker swarm, which change them every twelve hours");
    EXPECT_EQ(
        alpha.encryption.rekey("shop", later).failure().message,
        "the keys of overlay shop come from the managers of the Docker swarm, which change them every twelve "
        "hours");
}

TEST_F(two_encrypted_hosts, replace_a_worn_association_of_their_own_profile) {
    meet();
    for (const auto& [key, association] : alpha.encryption.associations(start)) {
        if (key.direction == api::direction::inbound) continue;
        const bool own = association.profile == api::encryption::waggle;
        EXPECT_EQ(alpha.encryption.replace(key, start + 10s), own);
    }
    EXPECT_TRUE(alpha.encryption.advance(start + 10s));
    EXPECT_FALSE(alpha.encryption.replace({api::direction::outbound, ip("192.0.2.99"), 1}, start));
}

TEST_F(two_encrypted_hosts, take_announcements_for_their_overlays_only) {
    EXPECT_FALSE(alpha.encryption.accept({}, start).ok());
    auto bytes = beta.announcement();
    bytes[7] = 0xff;
    EXPECT_EQ(alpha.encryption.accept(bytes, start).failure().message,
              "the announcement is for no overlay of this host with the waggle profile");
}

TEST(saved_encryption, damaged_bytes_are_nothing) {
    host_under_test host("alpha", "beta", 1);
    const auto good = encode(host.encryption.save());
    ASSERT_TRUE(decode_saved_encryption(good));
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_FALSE(decode_saved_encryption({good.data(), length})) << length;
    auto longer = good;
    longer.push_back(0);
    EXPECT_FALSE(decode_saved_encryption(longer));
    // Counts that are not so.
    for (const std::size_t at : {std::size_t{12}, good.size() - 4}) {
        auto bad = good;
        bad[at] = 0xff;
        EXPECT_FALSE(decode_saved_encryption(bad));
    }
}

}  // namespace
}  // namespace waggle::control
