#pragma once

#include <cstdint>
#include <utility>

namespace waggle::gossip {

/// The randomness of a protocol core: a small, fast, repeatable generator (xoshiro256**), seeded from the
/// operating system in the process and from a printed number in tests. Never a source of keys or nonces.
class random_source {
public:
    using result_type = std::uint64_t;

    explicit random_source(std::uint64_t seed) {
        for (std::uint64_t& word : _state) {
            // SplitMix64 spreads the seed over the state, as the generator's authors advise.
            seed += 0x9e37'79b9'7f4a'7c15U;
            std::uint64_t mixed = seed;
            mixed = (mixed ^ mixed >> 30) * 0xbf58'476d'1ce4'e5b9U;
            mixed = (mixed ^ mixed >> 27) * 0x94d0'49bb'1331'11ebU;
            word = mixed ^ mixed >> 31;
        }
    }

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }

    result_type operator()() {
        const std::uint64_t value = rotate(_state[1] * 5, 7) * 9;
        const std::uint64_t shifted = _state[1] << 17;
        _state[2] ^= _state[0];
        _state[3] ^= _state[1];
        _state[1] ^= _state[2];
        _state[0] ^= _state[3];
        _state[2] ^= shifted;
        _state[3] = rotate(_state[3], 45);
        return value;
    }

    /// Uniform in [0, bound); bound > 0. The same numbers with every standard library.
    std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>(static_cast<wide>((*this)()) * bound >> 64);
    }
    /// True with this probability.
    bool chance(double probability) { return static_cast<double>((*this)() >> 11) * 0x1p-53 < probability; }
    /// Puts [first, last) into random order.
    template <typename Iterator>
    void shuffle(Iterator first, Iterator last) {
        for (auto left = static_cast<std::uint64_t>(last - first); left > 1; --left)
            std::swap(first[static_cast<std::ptrdiff_t>(left - 1)],
                      first[static_cast<std::ptrdiff_t>(below(left))]);
    }

private:
    __extension__ using wide = unsigned __int128;
    static constexpr std::uint64_t rotate(std::uint64_t x, int by) { return x << by | x >> (64 - by); }
    std::uint64_t _state[4];
};

}  // namespace waggle::gossip
