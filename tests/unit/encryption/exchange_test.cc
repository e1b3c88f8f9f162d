#include "control/encryption/exchange.hh"

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "control/encryption/exchange_associations.hh"
#include "tests/unit/encryption/samples.hh"

namespace waggle::control {
namespace {

using namespace std::chrono_literals;

const moment start{1000h};

/// What a host seals with towards a peer, or opens from it.
using key_set = std::set<std::pair<std::uint32_t, std::string>>;

key_set sealed(const exchange& from, const std::string& to) {
    key_set keys;
    for (const agreed_keys& each : from.agreed_with(to))
        if (each.sending)
            for (const auto& one : each.outbound) keys.emplace(one.spi, to_hex(one.keying_material.reveal()));
    return keys;
}
key_set opened(const exchange& at, const std::string& from) {
    key_set keys;
    for (const agreed_keys& each : at.agreed_with(from))
        for (const auto& one : each.inbound) keys.emplace(one.spi, to_hex(one.keying_material.reveal()));
    return keys;
}
bool contains(const key_set& all, const key_set& some) {
    return std::ranges::includes(all, some);
}

class two_hosts : public testing::Test {
protected:
    exchange alpha{settings_of("alpha", 2), 1000, seeded(1), start};
    exchange beta{settings_of("beta", 3), 1000, seeded(2), start};

    static bool deliver(const exchange& from, exchange& to, moment now = start) {
        const auto accepted = to.accept(from.own_announcement(), now);
        EXPECT_TRUE(accepted.ok()) << accepted.failure().message;
        return accepted.ok() && *accepted;
    }
    void expect_traffic() const {
        EXPECT_FALSE(sealed(alpha, "beta").empty());
        EXPECT_FALSE(sealed(beta, "alpha").empty());
        EXPECT_TRUE(contains(opened(beta, "alpha"), sealed(alpha, "beta")));
        EXPECT_TRUE(contains(opened(alpha, "beta"), sealed(beta, "alpha")));
    }
    void meet() {
        deliver(alpha, beta);
        deliver(beta, alpha);
    }
};

TEST_F(two_hosts, know_nothing_before_they_meet) {
    EXPECT_FALSE(alpha.knows("beta"));
    EXPECT_TRUE(alpha.agreed_with("beta").empty());
}

TEST_F(two_hosts, agree_on_an_association_for_each_worker_of_the_sender) {
    meet();
    expect_traffic();
    EXPECT_EQ(sealed(alpha, "beta").size(), 2U);
    EXPECT_EQ(sealed(beta, "alpha").size(), 3U);
    // Directions share nothing.
    for (const auto& [spi, key] : sealed(alpha, "beta"))
        for (const auto& [other, other_key] : sealed(beta, "alpha")) EXPECT_NE(key, other_key);
}

TEST_F(two_hosts, hear_the_same_again_without_effect) {
    EXPECT_TRUE(deliver(alpha, beta));
    EXPECT_FALSE(deliver(alpha, beta));
    EXPECT_FALSE(deliver(alpha, alpha)) << "reflected";
}

TEST_F(two_hosts, rotate_without_the_others_knowledge_and_lose_nothing) {
    meet();
    const key_set before = sealed(alpha, "beta");
    alpha.rekey(start);
    EXPECT_TRUE(alpha.advance(start + 5s));
    EXPECT_NE(sealed(alpha, "beta"), before);
    expect_traffic();
    // Both at the same moment, neither having heard of the other.
    beta.rekey(start + 5s);
    EXPECT_TRUE(beta.advance(start + 5s));
    expect_traffic();
    deliver(alpha, beta, start + 6s);
    expect_traffic();
    deliver(beta, alpha, start + 6s);
    expect_traffic();
}

TEST_F(two_hosts, erase_keys_after_the_drain) {
    meet();
    const key_set old = sealed(alpha, "beta");
    beta.rekey(start);
    beta.advance(start + 5s);
    EXPECT_TRUE(contains(opened(beta, "alpha"), old));
    deliver(beta, alpha, start + 6s);
    EXPECT_FALSE(beta.advance(start + 5s + exchange::longest_drain - 1s));
    EXPECT_TRUE(contains(opened(beta, "alpha"), old));
    EXPECT_TRUE(beta.advance(start + 5s + exchange::longest_drain));
    EXPECT_FALSE(contains(opened(beta, "alpha"), old));
    expect_traffic();
}

TEST_F(two_hosts, erase_the_private_half_that_was_in_use) {
    meet();
    const secret old = alpha.save().current;
    const secret next = alpha.save().next;
    alpha.rekey(start);
    alpha.advance(start + 5s);
    EXPECT_EQ(alpha.save().current, next);
    EXPECT_FALSE(alpha.save().next == old);
}

TEST_F(two_hosts, rotate_every_interval) {
    alpha.set_interval(60s, start);
    EXPECT_EQ(alpha.wake_at(), start + 60s);
    EXPECT_FALSE(alpha.advance(start + 59s));
    EXPECT_EQ(alpha.epoch(), 1U);
    EXPECT_TRUE(alpha.advance(start + 60s));
    EXPECT_EQ(alpha.epoch(), 2U);
    EXPECT_EQ(alpha.wake_at(), start + 120s);
}

TEST_F(two_hosts, do_not_use_a_half_that_is_hardly_announced) {
    EXPECT_EQ(alpha.rekey(start + 1s), start + exchange::settling);
    EXPECT_FALSE(alpha.advance(start + 4s));
    EXPECT_TRUE(alpha.advance(start + 5s));
    EXPECT_EQ(alpha.rekey(start + 30s), start + 30s);
    EXPECT_TRUE(alpha.advance(start + 30s));
}

TEST_F(two_hosts, ignore_replayed_announcements) {
    const auto first = alpha.own_announcement();
    meet();
    alpha.rekey(start);
    alpha.advance(start + 5s);
    deliver(alpha, beta, start + 5s);
    const key_set sent = sealed(beta, "alpha");
    const key_set taken = opened(beta, "alpha");
    EXPECT_FALSE(*beta.accept(first, start + 6s));

    const auto second = alpha.own_announcement();
    alpha.renew(2000, start + 7s);
    deliver(alpha, beta, start + 7s);
    EXPECT_NE(sealed(beta, "alpha"), sent);
    const key_set renewed = sealed(beta, "alpha");
    for (const auto& old : {first, second}) EXPECT_FALSE(*beta.accept(old, start + 8s));
    EXPECT_EQ(sealed(beta, "alpha"), renewed);
    expect_traffic();
}

TEST_F(two_hosts, begin_anew_with_nothing_of_the_old_life) {
    meet();
    const key_set old_out = sealed(alpha, "beta");
    const key_set old_in = opened(alpha, "beta");
    alpha.renew(2000, start + 1s);
    for (const auto& each : old_out) EXPECT_FALSE(sealed(alpha, "beta").contains(each));
    for (const auto& each : old_in) EXPECT_FALSE(opened(alpha, "beta").contains(each));
    deliver(alpha, beta, start + 2s);
    for (const auto& each : old_out) EXPECT_FALSE(opened(beta, "alpha").contains(each));
    expect_traffic();
}

TEST_F(two_hosts, go_on_after_a_restart_with_the_same_keys) {
    meet();
    alpha.rekey(start);
    alpha.advance(start + 5s);
    deliver(alpha, beta, start + 5s);
    const saved_exchange saved = alpha.save();
    const exchange again(settings_of("alpha", 2), saved, seeded(9), start + 10s);
    EXPECT_EQ(again.own_announcement(), alpha.own_announcement());
    EXPECT_EQ(sealed(again, "beta"), sealed(alpha, "beta"));
    EXPECT_TRUE(contains(opened(again, "beta"), sealed(beta, "alpha")));
    EXPECT_EQ(again.wake_at(), saved.rotates_at);
}

TEST_F(two_hosts, report_another_host_with_their_name) {
    const exchange impostor(settings_of("alpha"), 3000, seeded(3), start);
    const auto refused = alpha.accept(impostor.own_announcement(), start);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.failure().message,
              "another host has the name of this node, 'alpha'; give each host a name of its own");
    const exchange earlier(settings_of("alpha"), 500, seeded(3), start);
    EXPECT_FALSE(*alpha.accept(earlier.own_announcement(), start));
}

TEST_F(two_hosts, refuse_what_is_not_authentic_and_keep_what_they_have) {
    meet();
    exchange_settings other = settings_of("beta");
    other.keys = keys_of("another secret of at least 32 characters");
    const exchange stranger(other, 9000, seeded(3), start);
    EXPECT_FALSE(alpha.accept(stranger.own_announcement(), start).ok());
    expect_traffic();
}

TEST_F(two_hosts, use_each_senders_cipher) {
    exchange_settings wishes = settings_of("gamma");
    wishes.preferred = api::cipher::chacha20poly1305;
    exchange gamma(wishes, 1000, seeded(4), start);
    deliver(gamma, alpha);
    deliver(alpha, gamma);
    EXPECT_EQ(gamma.agreed_with("alpha")[0].outbound_cipher, api::cipher::chacha20poly1305);
    EXPECT_EQ(gamma.agreed_with("alpha")[0].inbound_cipher, api::cipher::aes256gcm);
    EXPECT_TRUE(contains(opened(alpha, "gamma"), sealed(gamma, "alpha")));
    EXPECT_TRUE(contains(opened(gamma, "alpha"), sealed(alpha, "gamma")));
}

TEST_F(two_hosts, keep_little_for_a_peer_that_rotates_without_end) {
    meet();
    for (int i = 0; i < 100; ++i) {
        beta.rekey(start + i * 5s);
        beta.advance(start + i * 5s + 5s);
        deliver(beta, alpha, start + i * 5s + 5s);
    }
    EXPECT_LE(alpha.agreed_with("beta").size(), 10U);
    expect_traffic();
}

TEST_F(two_hosts, become_associations) {
    meet();
    const exchange_peer with{.overlay = id(4098),
                             .vtep = ip("192.0.2.2"),
                             .replay_window = 1024,
                             .replay = api::replay_policy::resync,
                             .encapsulation_port = 4500,
                             .keepalive_seconds = 20};
    const association_list list = associations_of(alpha.agreed_with("beta"), with);
    // Three lanes of beta under two of its halves, and two lanes of ours.
    ASSERT_EQ(list.size(), 8U);
    std::size_t active = 0;
    for (const auto& [key, association] : list) {
        EXPECT_EQ(key.vtep, with.vtep);
        EXPECT_GE(key.spi, 256U);
        EXPECT_EQ(association.profile, api::encryption::waggle);
        EXPECT_EQ(association.overlay, id(4098));
        EXPECT_EQ(association.icv_length, 16);
        EXPECT_TRUE(association.extended_sequence);
        EXPECT_EQ(association.keying_material.size(), api::keying_material_length(association.cipher));
        if (key.direction == api::direction::inbound) {
            EXPECT_LT(*association.lane, 3);
            EXPECT_EQ(association.replay_window, 1024U);
            EXPECT_EQ(association.replay, api::replay_policy::resync);
            EXPECT_EQ(association.encapsulation_port, 0);
            if (association.phase == api::association_phase::active) ++active;
        } else {
            EXPECT_LT(*association.lane, 2);
            EXPECT_EQ(association.phase, api::association_phase::active);
            EXPECT_EQ(association.encapsulation_port, 4500);
            EXPECT_EQ(association.keepalive_seconds, 20);
        }
    }
    EXPECT_EQ(active, 3U);
}

/// Hosts that rotate and hear of each other at random times, every announcement within half an interval:
/// whatever one seals, the other opens.
TEST(exchange, random_rotations_and_delays_lose_nothing) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 4; ++round) {
        constexpr auto interval = 600s;
        std::vector<std::unique_ptr<exchange>> hosts;
        const std::vector<std::string> names{"alpha", "beta", "gamma"};
        for (std::size_t i = 0; i < names.size(); ++i) {
            hosts.push_back(std::make_unique<exchange>(settings_of(names[i]), 1000, seeded(random()), start));
            hosts.back()->set_interval(interval + std::chrono::seconds(random() % 60), start);
        }
        struct parcel {
            moment due;
            std::size_t to;
            std::vector<std::uint8_t> bytes;
        };
        std::vector<parcel> on_its_way;
        const auto publish = [&](std::size_t from, moment now, std::chrono::seconds delay) {
            for (std::size_t to = 0; to < hosts.size(); ++to)
                if (to != from)
                    on_its_way.push_back({now + std::chrono::seconds(random() % (delay.count() + 1)), to,
                                          hosts[from]->own_announcement()});
        };
        for (std::size_t i = 0; i < hosts.size(); ++i) publish(i, start, 0s);
        for (moment now = start; now < start + 10 * interval; now += 1s) {
            for (std::size_t i = 0; i < hosts.size(); ++i) {
                const std::uint32_t before = hosts[i]->epoch();
                hosts[i]->advance(now);
                if (hosts[i]->epoch() != before) publish(i, now, interval / 2);
            }
            std::ranges::shuffle(on_its_way, random);
            std::erase_if(on_its_way, [&](const parcel& each) {
                if (each.due > now) return false;
                EXPECT_TRUE(hosts[each.to]->accept(each.bytes, now).ok());
                return true;
            });
            for (std::size_t a = 0; a < hosts.size(); ++a)
                for (std::size_t b = 0; b < hosts.size(); ++b) {
                    if (a == b) continue;
                    ASSERT_FALSE(sealed(*hosts[a], names[b]).empty());
                    ASSERT_TRUE(contains(opened(*hosts[b], names[a]), sealed(*hosts[a], names[b])))
                        << names[a] << " to " << names[b] << " after " << (now - start) / 1s << " s";
                }
        }
    }
}

}  // namespace
}  // namespace waggle::control
