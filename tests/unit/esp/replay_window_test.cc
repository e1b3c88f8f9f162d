#include "dataplane/esp/replay_window.hh"

#include <limits>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "dataplane/esp/replay_state.hh"

namespace waggle::esp {
namespace {

/// The slow, obvious window.
class model_window {
public:
    explicit model_window(std::uint64_t size) : _size(size) {}
    replay_answer check(std::uint64_t sequence) const {
        const std::uint64_t top = *_accepted.rbegin();
        if (sequence + _size <= top) return replay_answer::too_old;
        return _accepted.contains(sequence) ? replay_answer::replayed : replay_answer::fresh;
    }
    void accept(std::uint64_t sequence) { _accepted.insert(sequence); }
    std::uint64_t top() const { return *_accepted.rbegin(); }

private:
    std::uint64_t _size;
    std::set<std::uint64_t> _accepted{0};
};

/// Mostly near the top, sometimes a leap of any size.
std::uint64_t next_sequence(std::mt19937_64& random, std::uint64_t top, std::uint64_t size) {
    const std::uint64_t back = random() % (2 * size + 70);
    switch (random() % 8) {
        case 0:
            return top + 1;
        case 1:
            return top + 1 + random() % (3 * size + 200);
        case 2:
            return top + 1 + random() % 100;
        case 3:
            return random() % (top + 1);
        default:
            return back > top ? 0 : top - back;
    }
}

TEST(replay_window, equals_the_model_at_random) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (std::uint32_t size = 1; size <= replay_window::largest; size *= 2) {
        SCOPED_TRACE("size " + std::to_string(size));
        replay_window window(size);
        model_window model(size);
        for (int i = 0; i < 20'000; ++i) {
            const std::uint64_t sequence = next_sequence(random, model.top(), size);
            ASSERT_EQ(window.check(sequence), model.check(sequence)) << sequence << " under " << model.top();
            if (model.check(sequence) != replay_answer::fresh || random() % 8 == 0) continue;
            window.accept(sequence);
            model.accept(sequence);
            ASSERT_EQ(window.top(), model.top());
        }
    }
}

TEST(replay_window, keeps_its_exact_size) {
    for (std::uint32_t size = 1; size <= replay_window::largest; size *= 2)
        for (const std::uint64_t top : {70'000U, 70'015U, 70'079U, 131'072U}) {
            replay_window window(size);
            window.accept(top);
            EXPECT_EQ(window.check(top - size), replay_answer::too_old);
            EXPECT_EQ(window.check(top - size + 1),
                      size == 1 ? replay_answer::replayed : replay_answer::fresh);
        }
}

TEST(replay_window, never_accepts_zero) {
    EXPECT_EQ(replay_window(64).check(0), replay_answer::replayed);
}

TEST(replay_window, goes_to_the_last_number_there_is) {
    constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
    replay_window window(128);
    window.accept(last - 3);
    for (std::uint64_t sequence = last - 140; sequence != 0; ++sequence) {
        const replay_answer expected = sequence == last - 3     ? replay_answer::replayed
                                       : last - sequence >= 131 ? replay_answer::too_old
                                                                : replay_answer::fresh;
        ASSERT_EQ(window.check(sequence), expected) << sequence;
    }
    window.accept(last);
    EXPECT_EQ(window.check(last), replay_answer::replayed);
}

TEST(replay_window, can_go_on_after_a_number) {
    for (const std::uint64_t top : {0U, 1U, 63U, 64U, 100U, 127U, 128U, 5000U}) {
        replay_window window(128);
        window.accept(3000);
        window.restart_after(top);
        for (std::uint64_t sequence = 0; sequence <= top; ++sequence)
            ASSERT_NE(window.check(sequence), replay_answer::fresh) << sequence << " after " << top;
        for (std::uint64_t sequence = top + 1; sequence < top + 300; ++sequence) {
            ASSERT_EQ(window.check(sequence), replay_answer::fresh) << sequence << " after " << top;
            window.accept(sequence);
            ASSERT_EQ(window.check(sequence), replay_answer::replayed) << sequence << " after " << top;
        }
    }
}

/// The number with that low half that lies nearest: in the window, or else above it (RFC 4303 appendix A2.1).
inferred_sequence obvious_inference(std::uint32_t low, std::uint64_t top, std::uint32_t size) {
    constexpr std::uint64_t subspace = std::uint64_t{1} << 32;
    __extension__ using wide = unsigned __int128;
    const wide bottom = top >= size - 1 ? top - (size - 1) : 0;
    // The window's lower end may lie below 0, where there are no numbers.
    const bool below_zero = top < size - 1 && low >= subspace - (size - 1 - top);
    if (below_zero) return {false, 0};
    wide candidate = (bottom & ~wide{subspace - 1}) | low;
    if (candidate < bottom) candidate += subspace;
    if (candidate >> 64 != 0) return {false, 0};
    return {true, static_cast<std::uint64_t>(candidate)};
}

TEST(extended_sequence, high_half_is_inferred) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    constexpr std::uint64_t subspace = std::uint64_t{1} << 32;
    for (int i = 0; i < 200'000; ++i) {
        const std::uint32_t size = 1U << random() % 17;
        const std::uint64_t around =
            (random() % 4 == 0 ? std::uint64_t{0} - subspace : random() % 4 * subspace);
        const std::uint64_t top = around + (random() % 3 == 0 ? random() % subspace : random() % (2 * size)) -
                                  (around != 0 && random() % 2 == 0 ? size : 0);
        const std::uint32_t low = random() % 3 == 0
                                      ? static_cast<std::uint32_t>(random())
                                      : static_cast<std::uint32_t>(top + size - random() % (3 * size));
        const inferred_sequence expected = obvious_inference(low, top, size);
        const inferred_sequence inferred = infer_sequence(low, top, size);
        ASSERT_EQ(inferred.possible, expected.possible) << low << " under " << top << " size " << size;
        if (expected.possible) {
            ASSERT_EQ(inferred.sequence, expected.sequence) << low << " under " << top << " size " << size;
        }
    }
}

}  // namespace
}  // namespace waggle::esp
