// Policy `resync`: peers that restart at 1 under the same SPI. replay.md says what is promised.
#include "dataplane/esp/peer_lives.hh"

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace waggle::esp {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

enum class iv_rule : std::uint8_t { stock_kernel, waggle, random };

/// One life of a sender.
class sender {
public:
    sender(iv_rule rule, std::mt19937_64& random) : _rule(rule), _random(random), _constant(random()) {}
    std::uint64_t iv(std::uint64_t sequence) {
        switch (_rule) {
            case iv_rule::stock_kernel:
                return sequence ^ _constant;
            case iv_rule::waggle:
                return _constant + sequence;
            default:
                return _random();
        }
    }

private:
    iv_rule _rule;
    std::mt19937_64& _random;
    std::uint64_t _constant;
};

struct packet {
    std::uint64_t sequence;
    std::uint64_t iv;
    bool operator<(const packet& other) const {
        return std::pair(sequence, iv) < std::pair(other.sequence, other.iv);
    }
};

struct receiver {
    replay_window window{4096};
    peer_lives lives;

    replay_answer receive(const packet& from, std::uint64_t now) {
        const replay_answer before = lives.check(window, from.sequence, from.iv, now);
        const replay_answer after = lives.accept(window, from.sequence, from.iv, now);
        EXPECT_EQ(before, after) << "check and accept differ";
        return after;
    }
    bool takes(const packet& from, std::uint64_t now) { return receive(from, now) == replay_answer::fresh; }
};

std::vector<packet> packets_of(iv_rule rule, std::uint64_t count, std::mt19937_64& random) {
    sender from(rule, random);
    std::vector<packet> made;
    for (std::uint64_t sequence = 1; sequence <= count; ++sequence)
        made.push_back({sequence, from.iv(sequence)});
    return made;
}

class regular_peer : public testing::TestWithParam<iv_rule> {
protected:
    std::uint64_t seed = std::random_device{}();
    testing::ScopedTrace trace{__FILE__, __LINE__, "seed " + std::to_string(seed)};
    std::mt19937_64 random{seed};
    receiver here;
};

TEST_P(regular_peer, is_accepted_from_the_first_packet_after_its_restart) {
    for (const std::uint64_t count : {100'000U, 50U, 5000U, 2U})
        for (const packet& each : packets_of(GetParam(), count, random))
            ASSERT_TRUE(here.takes(each, second));
    EXPECT_EQ(here.lives.resyncs(), 3U);
}

TEST_P(regular_peer, restarts_with_lost_and_reordered_packets) {
    for (const packet& each : packets_of(GetParam(), 5000, random)) ASSERT_TRUE(here.takes(each, second));
    const std::vector<packet> life = packets_of(GetParam(), 9000, random);
    EXPECT_TRUE(here.takes(life[8000], second));
    EXPECT_TRUE(here.takes(life[7000], second));
    EXPECT_TRUE(here.takes(life[8500], second));
    EXPECT_FALSE(here.takes(life[7000], second));
    EXPECT_EQ(here.receive(life[100], second), replay_answer::too_old);
    EXPECT_EQ(here.lives.resyncs(), 1U);
}

TEST_P(regular_peer, no_packet_is_accepted_twice_in_remembered_lives) {
    std::vector<packet> recorded;
    for (std::size_t life = 0; life <= peer_lives::remembered; ++life) {
        const std::vector<packet> sent = packets_of(GetParam(), 1 + random() % 300, random);
        for (const packet& each : sent) {
            ASSERT_TRUE(here.takes(each, second * recorded.size()));
            recorded.push_back(each);
            // Replay of anything that was ever accepted, after any silence.
            const std::uint64_t later = second * recorded.size();
            ASSERT_FALSE(here.takes(recorded[random() % recorded.size()], later));
        }
    }
    EXPECT_EQ(here.lives.resyncs(), peer_lives::remembered);
    for (const packet& each : recorded) ASSERT_FALSE(here.takes(each, 1'000'000 * second));
}

TEST_P(regular_peer, goes_on_after_packets_of_a_life_that_was_never_seen) {
    // Recorded before this host started.
    const std::vector<packet> old = packets_of(GetParam(), 1000, random);
    const std::vector<packet> live = packets_of(GetParam(), 2000, random);
    for (std::size_t i = 0; i < 500; ++i) ASSERT_TRUE(here.takes(live[i], second));
    for (std::size_t i = 0; i < 1000; ++i) {
        // Each of them once at most, and the peer is not disturbed.
        ASSERT_TRUE(here.takes(old[i], second));
        ASSERT_FALSE(here.takes(old[i], second));
        ASSERT_TRUE(here.takes(live[500 + i], second));
        ASSERT_FALSE(here.takes(live[500 + i], second));
        ASSERT_FALSE(here.takes(live[random() % 500], second));
    }
}

TEST_P(regular_peer, high_numbers_of_an_earlier_life_do_not_move_the_window) {
    const std::vector<packet> first = packets_of(GetParam(), 100'000, random);
    for (const packet& each : first) ASSERT_TRUE(here.takes(each, second));
    for (const packet& each : packets_of(GetParam(), 10, random)) ASSERT_TRUE(here.takes(each, second));
    EXPECT_FALSE(here.takes(first[99'999], second));
    EXPECT_FALSE(here.takes(first[99'000], second));
    EXPECT_EQ(here.window.top(), 10U);
}

INSTANTIATE_TEST_SUITE_P(rules, regular_peer, testing::Values(iv_rule::stock_kernel, iv_rule::waggle));

TEST(irregular_peer, is_checked_by_its_numbers) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    receiver here;
    std::vector<packet> sent = packets_of(iv_rule::random, 10'000, random);
    for (const packet& each : sent) {
        ASSERT_TRUE(here.takes(each, second));
        ASSERT_FALSE(here.takes(each, second + 1));
    }
    for (int i = 0; i < 1000; ++i)
        ASSERT_FALSE(here.takes(sent[random() % sent.size()], second + peer_lives::silence - 1));
}

TEST(irregular_peer, is_accepted_again_after_a_silence) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    receiver here;
    for (const packet& each : packets_of(iv_rule::random, 10'000, random))
        ASSERT_TRUE(here.takes(each, second));
    const std::vector<packet> again = packets_of(iv_rule::random, 1000, random);
    EXPECT_FALSE(here.takes(again[0], second + peer_lives::silence - 1));
    std::uint64_t now = second + peer_lives::silence;
    for (std::size_t i = 1; i < again.size(); ++i) ASSERT_TRUE(here.takes(again[i], now++));
    EXPECT_EQ(here.lives.resyncs(), 1U);
}

TEST(irregular_peer, a_silent_peer_of_one_packet_can_restart) {
    std::mt19937_64 random(1);
    receiver here;
    ASSERT_TRUE(here.takes(packets_of(iv_rule::stock_kernel, 1, random)[0], second));
    const packet again = packets_of(iv_rule::stock_kernel, 1, random)[0];
    EXPECT_FALSE(here.takes(again, second + 1));
    EXPECT_TRUE(here.takes(again, 2 * second));
}

TEST(peer_lives, clocks_of_workers_may_differ_a_little) {
    std::mt19937_64 random(1);
    receiver here;
    for (const packet& each : packets_of(iv_rule::random, 100, random)) ASSERT_TRUE(here.takes(each, second));
    // A worker whose burst began before the last accepted packet was seen.
    EXPECT_FALSE(here.takes({5, random()}, second - 10));
}

}  // namespace
}  // namespace waggle::esp
