// Whole bursts at a glance: what begins_run(), continues_run() and accept_run() do must be what packets one
// by one would.
#include <array>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "dataplane/esp/replay_state.hh"

namespace waggle::esp {
namespace {

struct kind {
    replay_settings settings;
    bool extended;
};

/// A burst of numbers from `first` on, of a life whose IVs are number + constant or number xor constant.
struct run {
    std::uint64_t first;
    unsigned count;
    std::array<std::uint64_t, 64> ivs;

    std::uint32_t low(unsigned i) const { return static_cast<std::uint32_t>(first + i); }
};

run make_run(std::mt19937_64& random, std::uint64_t top, bool extended) {
    run made{};
    made.count = static_cast<unsigned>(1 + random() % 64);
    switch (random() % 6) {
        case 0:
            made.first = random() % (top + 2);
            break;
        case 1:
            made.first = top + 1 + random() % (extended ? std::uint64_t{1} << 33 : 10'000);
            break;
        case 2:
            // Near the end nothing fits any more.
            made.first = top + 1;
            if (random() % 32 == 0) made.first = std::numeric_limits<std::uint64_t>::max() - random() % 100;
            break;
        default:
            made.first = top + 1 + (random() % 4 == 0 ? random() % 100 : 0);
    }
    if (!extended) made.first &= 0xffff'ffffU;
    const std::uint64_t life = 0x1234'5678'0000'0000U * (1 + (random() % 8 == 0 ? 1U : 0U));
    const bool by_xor = life != 0x1234'5678'0000'0000U;
    for (unsigned i = 0; i < made.count; ++i) {
        const std::uint64_t number = extended ? made.first + i : made.low(i);
        made.ivs[i] = by_xor ? number ^ life : number + life;
    }
    if (random() % 16 == 0) made.ivs[random() % made.count] ^= 1;
    return made;
}

/// True if all packets of a burst numbered from `low` on are usual.
template <typename Ivs>
bool is_run(const replay_state& state, std::uint32_t low, const Ivs& ivs, unsigned count,
            std::uint64_t& first) {
    if (!state.begins_run(low, ivs[0], first)) return false;
    for (unsigned i = 1; i < count; ++i)
        if (!state.continues_run(first + i, ivs[i])) return false;
    return true;
}

void expect_equal(const replay_state& one, const replay_state& other, std::mt19937_64& random,
                  std::uint64_t now) {
    ASSERT_EQ(one.top(), other.top());
    ASSERT_EQ(one.resyncs(), other.resyncs());
    for (int probe = 0; probe < 20; ++probe) {
        const auto low = static_cast<std::uint32_t>(one.top() - 40 + random() % 100);
        const std::uint64_t iv = low + 0x1234'5678'0000'0000U;
        const replay_check a = one.check(low, iv, now);
        const replay_check b = other.check(low, iv, now);
        ASSERT_EQ(a.answer, b.answer) << low << " at " << one.top();
        ASSERT_EQ(a.sequence, b.sequence);
    }
}

TEST(replay_run, equals_packets_one_by_one) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::array kinds{
        kind{{replay_policy::strict, 64}, false},   kind{{replay_policy::strict, 1}, false},
        kind{{replay_policy::strict, 4096}, true},  kind{{replay_policy::strict, 64}, true},
        kind{{replay_policy::resync, 1024}, false}, kind{{replay_policy::off, 64}, false}};
    for (const kind& each : kinds) {
        unsigned runs = 0;
        for (int history = 0; history < 40; ++history) {
            replay_state at_a_glance;
            replay_state one_by_one;
            at_a_glance.configure(each.settings, each.extended);
            one_by_one.configure(each.settings, each.extended);
            std::uint64_t now = 1;
            for (int burst = 0; burst < 60; ++burst) {
                now += random() % 400'000'000;
                const run packets = make_run(random, one_by_one.top(), each.extended);
                std::uint64_t first = 0;
                if (!is_run(at_a_glance, packets.low(0), packets.ivs, packets.count, first)) {
                    for (replay_state* state : {&at_a_glance, &one_by_one})
                        for (unsigned i = 0; i < packets.count; ++i) {
                            const replay_check checked = state->check(packets.low(i), packets.ivs[i], now);
                            if (checked.answer == replay_answer::fresh)
                                state->accept(checked.sequence, packets.ivs[i], now);
                        }
                    continue;
                }
                ++runs;
                // Checks come first, as open() makes them.
                for (unsigned i = 0; i < packets.count; ++i) {
                    const replay_check checked = one_by_one.check(packets.low(i), packets.ivs[i], now);
                    ASSERT_EQ(checked.answer, replay_answer::fresh) << packets.first << " + " << i;
                    ASSERT_EQ(checked.sequence, first + i);
                }
                for (unsigned i = 0; i < packets.count; ++i)
                    ASSERT_EQ(one_by_one.accept(first + i, packets.ivs[i], now), replay_answer::fresh);
                at_a_glance.accept_run(first, packets.count, now);
                ASSERT_NO_FATAL_FAILURE(expect_equal(at_a_glance, one_by_one, random, now));
            }
        }
        EXPECT_GT(runs, 100U);
    }
}

// The usual stream never takes the long way.
TEST(replay_run, a_stream_in_order_is_runs) {
    for (const replay_policy policy : {replay_policy::strict, replay_policy::resync}) {
        replay_state state;
        state.configure({policy, 4096}, false);
        EXPECT_EQ(state.accept(1, 1 + 77, 1), replay_answer::fresh);
        for (std::uint64_t next = 2; next < 100'000; next += 64) {
            std::array<std::uint64_t, 64> ivs;
            for (unsigned i = 0; i < 64; ++i) ivs[i] = next + i + 77;
            std::uint64_t first = 0;
            ASSERT_TRUE(is_run(state, static_cast<std::uint32_t>(next), ivs, 64, first));
            ASSERT_EQ(first, next);
            state.accept_run(first, 64, next);
        }
        EXPECT_EQ(state.check(100, 100 + 77, 1).answer, replay_answer::too_old);
        EXPECT_EQ(state.resyncs(), 0U);
    }
}

// As at the end of a docker association: numbers beyond 2^32 - 1 are none.
TEST(replay_run, ends_where_the_numbers_end) {
    replay_state state;
    state.configure({replay_policy::strict, 64}, false);
    const std::array<std::uint64_t, 64> ivs{};
    std::uint64_t first = 0;
    EXPECT_FALSE(is_run(state, 0xffff'fff0U, ivs, 64, first));
    EXPECT_TRUE(is_run(state, 0xffff'ff00U, ivs, 64, first));
}

}  // namespace
}  // namespace waggle::esp
