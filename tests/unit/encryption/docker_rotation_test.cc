#include "control/encryption/docker_rotation.hh"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "tests/unit/encryption/samples.hh"

namespace waggle::control {
namespace {

docker_key key(std::uint32_t number) {
    const std::vector<std::uint8_t> bytes(16, static_cast<std::uint8_t>(number));
    return {number, *secret::from(bytes)};
}
docker_keyring ring(std::uint32_t first) {
    return {{key(first), key(first + 1), key(first + 2)}};
}

/// Tags that a host accepts and the one that it sends with.
struct view {
    std::set<std::uint32_t> accepted;
    std::uint32_t sending = 0;
    friend bool operator==(const view&, const view&) = default;
};
void PrintTo(const view& shown, std::ostream* out) {
    *out << "accepts " << testing::PrintToString(shown.accepted) << ", sends " << shown.sending;
}

const ip_address self = ip("192.0.2.1");
const ip_address peer = ip("192.0.2.2");

view seen(const docker_rotation& rotation) {
    view result;
    for (const auto& [at, association] : rotation.associations({.self = self, .peer = peer}, {})) {
        for (std::uint32_t tag = 0; tag < 50; ++tag) {
            if (at.direction == api::direction::outbound && at.spi == docker_spi(self, peer, tag))
                result.sending = tag;
            if (at.direction == api::direction::inbound && at.spi == docker_spi(peer, self, tag))
                result.accepted.insert(tag);
        }
    }
    return result;
}

TEST(docker_rotation, goes_receive_send_retire) {
    docker_rotation rotation(ring(10));
    EXPECT_EQ(seen(rotation), (view{{10, 11, 12}, 11}));
    EXPECT_FALSE(rotation.advance());

    EXPECT_TRUE(rotation.rotate(ring(11)));
    EXPECT_TRUE(rotation.is_rotating());
    EXPECT_EQ(seen(rotation), (view{{10, 11, 12, 13}, 11}));
    EXPECT_TRUE(rotation.advance());
    EXPECT_EQ(seen(rotation), (view{{10, 11, 12, 13}, 12}));
    EXPECT_TRUE(rotation.advance());
    EXPECT_EQ(seen(rotation), (view{{11, 12, 13}, 12}));
    EXPECT_FALSE(rotation.advance());
    EXPECT_FALSE(rotation.is_rotating());
    EXPECT_EQ(seen(rotation), (view{{11, 12, 13}, 12}));
}

TEST(docker_rotation, same_keys_are_no_rotation) {
    docker_rotation rotation(ring(10));
    EXPECT_FALSE(rotation.rotate(ring(10)));
    EXPECT_FALSE(rotation.is_rotating());
}

TEST(docker_rotation, another_during_one_keeps_everything_until_both_are_done) {
    docker_rotation rotation(ring(10));
    rotation.rotate(ring(11));
    rotation.rotate(ring(12));
    EXPECT_EQ(seen(rotation), (view{{10, 11, 12, 13, 14}, 11}));
    while (rotation.advance()) {
    }
    EXPECT_EQ(seen(rotation), (view{{12, 13, 14}, 13}));
}

TEST(docker_rotation, another_key_under_the_same_tag_replaces_it_at_once) {
    docker_rotation rotation(ring(10));
    docker_keyring other = ring(10);
    other.keys[1].key = *secret::from(std::vector<std::uint8_t>(16, 0xee));
    EXPECT_TRUE(rotation.rotate(other));
    for (const auto& [at, association] : rotation.associations({.self = self, .peer = peer}, {})) {
        const bool replaced = at.spi == docker_spi(self, peer, 11) || at.spi == docker_spi(peer, self, 11);
        EXPECT_EQ(association.keying_material.reveal()[0] == 0xee, replaced);
    }
    EXPECT_EQ(seen(rotation), (view{{10, 11, 12}, 11}));
}

/// Two hosts that take their steps in any interleaving, one whole rotation after the other: what one sends is
/// always accepted by the other.
TEST(docker_rotation, no_order_of_two_hosts_steps_loses_a_packet) {
    for (unsigned order = 0; order < 64; ++order) {
        docker_rotation a(ring(10));
        docker_rotation b(ring(10));
        const auto check = [&] {
            EXPECT_TRUE(seen(b).accepted.contains(seen(a).sending)) << "order " << order;
            EXPECT_TRUE(seen(a).accepted.contains(seen(b).sending)) << "order " << order;
        };
        // Three steps each: told of the keys, send, retire.
        unsigned step_a = 0;
        unsigned step_b = 0;
        for (unsigned bit = 0; bit < 6; ++bit) {
            docker_rotation& host = (order >> bit & 1) != 0 ? a : b;
            unsigned& step = &host == &a ? step_a : step_b;
            if (step++ == 0)
                host.rotate(ring(11));
            else
                host.advance();
            check();
        }
    }
}

TEST(docker_rotation, peers_settings_reach_the_associations) {
    const docker_peer with{.self = self, .peer = peer, .encapsulation_port = 4500, .keepalive_seconds = 20};
    const docker_settings settings{.replay_window = 1024, .replay = api::replay_policy::off};
    for (const auto& [at, association] : docker_rotation(ring(10)).associations(with, settings)) {
        if (at.direction == api::direction::outbound) {
            EXPECT_EQ(association.encapsulation_port, 4500);
            EXPECT_EQ(association.keepalive_seconds, 20);
        } else {
            EXPECT_EQ(association.replay_window, 1024U);
            EXPECT_EQ(association.replay, api::replay_policy::off);
        }
    }
}

}  // namespace
}  // namespace waggle::control
