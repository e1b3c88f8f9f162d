// The waggle profile beside Docker's, on an encrypted network of a Docker swarm.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "control/overlay/desired_state.hh"
#include "control/overlay/host_encryption.hh"
#include "dataplane/api/validate.hh"
#include "tests/unit/overlay/samples.hh"

namespace waggle::control {
namespace {

using namespace std::chrono_literals;
using api::direction;

const moment start{1000h};
const vni sealed_vni = id(4097);

/// One of two hosts on network sealed.
struct host {
    host(const std::string& name, const std::string& peer, unsigned number)
        : encryption(
              [generator = std::mt19937_64(number)](std::span<std::uint8_t> bytes) mutable {
                  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(generator());
              },
              [this] { return ++life; }) {
        config = small_config();
        config.node.name = name;
        config.node.workers = 1;
        config.node.vtep_v4 = ip_address::from_v4(0xc0000200U + number);
        config.node.vtep_v6.reset();
        config.overlays = {
            {"sealed", sealed_vni, {prefix("10.1.0.0/24")}, std::nullopt, false, config::docker_profile{}}};
        config.peers = {{peer, ip_address::from_v4(0xc0000200U + (3 - number)), std::nullopt, std::nullopt}};
    }
    void configure(moment now, const std::string& secret = "0123456789abcdefghijklmnopqrstuvwxyz") {
        key_material keys;
        keys.docker = *parse_docker_keys(
            "10 000102030405060708090a0b0c0d0e0f\n11 101112131415161718191a1b1c1d1e1f\n"
            "12 202122232425262728292a2b2c2d2e2f\n");
        keys.networks.emplace("/secret", *parse_secret_root(secret));
        encryption.configure(config, std::move(keys), now);
    }
    void permit(moment now) {
        config.overlays[0].preferred.emplace().secret = "/secret";
        configure(now);
    }
    void forbid(moment now) {
        config.overlays[0].preferred.reset();
        configure(now);
    }
    /// What it has in the gossip.
    std::set<std::string> told() const {
        std::set<std::string> all;
        for (const auto& each : encryption.announcements()) all.emplace(each.bytes.begin(), each.bytes.end());
        return all;
    }
    void hear(const host& other, moment now) {
        for (const std::string& each : other.told()) {
            const std::vector<std::uint8_t> bytes(each.begin(), each.end());
            (void)encryption.accept(bytes, now);
        }
        encryption.hear(sealed_vni, other.told());
    }
    std::size_t count(api::encryption profile, direction way, moment now) {
        return static_cast<std::size_t>(std::ranges::count_if(
            encryption.associations(now),
            [&](const auto& each) { return each.second.profile == profile && each.first.direction == way; }));
    }
    bool sends_waggle(moment now) { return count(api::encryption::waggle, direction::outbound, now) != 0; }
    bool opens_waggle(moment now) { return count(api::encryption::waggle, direction::inbound, now) != 0; }

    config::config config;
    std::uint64_t life = 1000;
    host_encryption encryption;
};

class preferred_profile : public testing::Test {
protected:
    preferred_profile() {
        alpha.configure(start);
        beta.configure(start);
    }
    void hear_each_other(moment now) {
        alpha.hear(beta, now);
        beta.hear(alpha, now);
    }
    host alpha{"alpha", "beta", 1};
    host beta{"beta", "alpha", 2};
};

TEST_F(preferred_profile, needs_both) {
    alpha.permit(start);
    EXPECT_EQ(alpha.told().size(), 1U);
    EXPECT_TRUE(beta.told().empty());
    hear_each_other(start);
    EXPECT_FALSE(beta.encryption.exchanges_on(sealed_vni));
    EXPECT_TRUE(alpha.encryption.exchanges_on(sealed_vni));
    for (host* each : {&alpha, &beta}) {
        EXPECT_FALSE(each->sends_waggle(start + 1h));
        EXPECT_FALSE(each->opens_waggle(start + 1h));
        EXPECT_EQ(each->count(api::encryption::docker, direction::outbound, start + 1h), 1U);
    }
}

TEST_F(preferred_profile, is_sent_with_once_the_other_has_had_time_to_hear) {
    alpha.permit(start);
    beta.permit(start + 60s);
    const moment heard = start + 61s;
    hear_each_other(heard);
    for (host* each : {&alpha, &beta}) {
        EXPECT_TRUE(each->opens_waggle(heard));
        EXPECT_FALSE(each->sends_waggle(heard));
        ASSERT_TRUE(each->encryption.wake_at());
        EXPECT_LE(*each->encryption.wake_at(), heard + exchange::settling);
        EXPECT_FALSE(each->encryption.advance(heard + 4s));
        EXPECT_TRUE(each->encryption.advance(heard + exchange::settling));
        EXPECT_FALSE(each->encryption.advance(heard + exchange::settling)) << "told once";
        EXPECT_TRUE(each->sends_waggle(heard + exchange::settling));
        // Docker's stay: for stock hosts, and for what is under way.
        EXPECT_EQ(each->count(api::encryption::docker, direction::outbound, heard + 6s), 1U);
        EXPECT_EQ(each->count(api::encryption::docker, direction::inbound, heard + 6s), 3U);
    }
    // The dataplane takes it.
    host_facts facts = small_facts();
    facts.associations = alpha.encryption.associations(heard + 6s);
    const desired_state desired = compute_desired_state(alpha.config, facts);
    const auto valid = api::check(desired.state);
    EXPECT_TRUE(valid.ok()) << valid.failure().message;
    EXPECT_EQ(desired.state.associations.size(), 3U + 1 + 2 + 1);
}

TEST_F(preferred_profile, is_given_up_when_the_other_takes_it_back) {
    alpha.permit(start);
    beta.permit(start);
    hear_each_other(start);
    for (host* each : {&alpha, &beta}) {
        (void)each->sends_waggle(start);
        each->encryption.advance(start + 10s);
        ASSERT_TRUE(each->sends_waggle(start + 10s));
    }
    const auto opened = beta.encryption.associations(start + 10s);
    beta.forbid(start + 20s);
    EXPECT_FALSE(beta.sends_waggle(start + 20s));
    // What the other still sends is opened as before: no association begins anew.
    for (const auto& [key, association] : opened) {
        if (key.direction == direction::inbound) {
            EXPECT_EQ(beta.encryption.associations(start + 20s).at(key), association);
        }
    }
    EXPECT_TRUE(alpha.sends_waggle(start + 21s));
    hear_each_other(start + 22s);
    EXPECT_FALSE(alpha.sends_waggle(start + 22s));
    EXPECT_TRUE(beta.encryption.wake_at());
    EXPECT_TRUE(beta.encryption.advance(start + 20s + 60s));
    EXPECT_FALSE(beta.opens_waggle(start + 20s + 60s));
    EXPECT_FALSE(beta.encryption.wake_at());
}

TEST_F(preferred_profile, is_not_for_who_has_another_secret) {
    alpha.permit(start);
    beta.config.overlays[0].preferred.emplace().secret = "/secret";
    beta.configure(start, "another secret of enough characters, really");
    hear_each_other(start);
    alpha.encryption.advance(start + 1h);
    EXPECT_FALSE(alpha.opens_waggle(start + 1h));
    EXPECT_FALSE(alpha.sends_waggle(start + 1h));
}

TEST_F(preferred_profile, goes_on_after_a_restart_of_control) {
    alpha.permit(start);
    beta.permit(start);
    alpha.encryption.dataplane_is(7, start);
    hear_each_other(start);
    (void)alpha.sends_waggle(start);
    alpha.encryption.advance(start + 10s);
    const auto before = alpha.encryption.associations(start + 10s);
    const saved_encryption saved = alpha.encryption.save();

    host again("alpha", "beta", 1);
    again.life = 2000;
    // The managers' networks are known a little later than what was saved.
    again.config.overlays.clear();
    again.configure(start + 20s);
    again.encryption.resume(saved, start + 20s);
    again.config.overlays = alpha.config.overlays;
    again.configure(start + 20s);
    EXPECT_FALSE(again.encryption.dataplane_is(7, start + 20s));
    EXPECT_FALSE(again.sends_waggle(start + 20s)) << "nothing is heard yet";
    again.hear(beta, start + 21s);
    EXPECT_EQ(again.encryption.associations(start + 21s), before);
}

TEST_F(preferred_profile, another_dataplane_gets_other_keys) {
    alpha.permit(start);
    beta.permit(start);
    alpha.encryption.dataplane_is(7, start);
    hear_each_other(start);
    const auto first = alpha.told();
    EXPECT_TRUE(alpha.encryption.dataplane_is(8, start + 1s));
    EXPECT_NE(alpha.told(), first);
}

}  // namespace
}  // namespace waggle::control
