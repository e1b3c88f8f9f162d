#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace waggle::esp {

enum class replay_answer : std::uint8_t { fresh, replayed, too_old };

/// Which sequence numbers were accepted, in the form of RFC 6479: a ring of 64-bit blocks of which whole ones
/// are cleared as the window moves, so that nothing is ever shifted. One caller at a time.
///
/// The ring holds twice the window: its length is a power of two and one block more than the window is
/// needed, so that the window keeps its exact size wherever the highest number stands in its block.
class replay_window {
public:
    static constexpr std::uint32_t largest = 65536;

    /// Only note() and top() are of use.
    replay_window() = default;
    explicit replay_window(std::uint32_t size) { resize(size); }

    /// `size` is a power of two up to `largest`. Forgets everything; number 0 counts as accepted: no sender
    /// uses it.
    void resize(std::uint32_t size) {
        _blocks = std::make_unique<std::uint64_t[]>(block_count(size));
        _size = size;
        restart();
    }

    std::uint32_t size() const { return _size; }
    /// The highest accepted number. Any thread may ask.
    std::uint64_t top() const { return _top.load(std::memory_order_relaxed); }

    replay_answer check(std::uint64_t sequence) const {
        const std::uint64_t highest = top();
        if (sequence > highest) return replay_answer::fresh;
        if (highest - sequence >= _size) return replay_answer::too_old;
        return (block(sequence) & bit(sequence)) != 0 ? replay_answer::replayed : replay_answer::fresh;
    }

    /// Marks a number that check() called fresh.
    void accept(std::uint64_t sequence) {
        if (sequence > top()) advance(sequence);
        _blocks[index(sequence)] |= bit(sequence);
    }

    /// The same for `count` numbers from `first` on, all above the highest.
    void accept_run(std::uint64_t first, unsigned count) {
        advance(first + count - 1);
        for (std::uint64_t left = count; left != 0;) {
            const std::uint64_t at = first % block_bits;
            const std::uint64_t here = std::min(block_bits - at, left);
            _blocks[index(first)] |= ~std::uint64_t{0} >> (block_bits - here) << at;
            first += here;
            left -= here;
        }
    }

    /// For what is not checked: remembers the highest number only.
    void note(std::uint64_t sequence) {
        if (sequence > top()) _top.store(sequence, std::memory_order_relaxed);
    }

    /// Nothing accepted yet but 0.
    void restart() { fill(0, 0); }
    /// As if every number up to `top` had been accepted.
    void restart_after(std::uint64_t top) { fill(top, ~std::uint64_t{0}); }

private:
    static constexpr std::uint64_t block_bits = 64;

    static constexpr std::size_t block_count(std::uint32_t size) {
        return size < block_bits ? 2 : 2 * size / block_bits;
    }
    std::uint64_t mask() const { return block_count(_size) - 1; }
    std::size_t index(std::uint64_t sequence) const { return sequence / block_bits & mask(); }
    std::uint64_t block(std::uint64_t sequence) const { return _blocks[index(sequence)]; }
    static constexpr std::uint64_t bit(std::uint64_t sequence) {
        return std::uint64_t{1} << sequence % block_bits;
    }

    void advance(std::uint64_t sequence) {
        const std::uint64_t from = top() / block_bits;
        const std::uint64_t to = sequence / block_bits;
        const std::uint64_t fresh_blocks = to - from > mask() ? mask() + 1 : to - from;
        for (std::uint64_t i = 0; i < fresh_blocks; ++i) _blocks[(to - i) & mask()] = 0;
        _top.store(sequence, std::memory_order_relaxed);
    }

    void fill(std::uint64_t top, std::uint64_t bits) {
        for (std::size_t i = 0; i <= mask(); ++i) _blocks[i] = bits;
        _top.store(top, std::memory_order_relaxed);
        // Bits above the highest number belong to what is to come.
        const std::uint64_t top_bit = bit(top);
        _blocks[index(top)] = top_bit | (bits & (top_bit - 1));
    }

    std::unique_ptr<std::uint64_t[]> _blocks;
    std::atomic<std::uint64_t> _top{0};
    std::uint32_t _size = 0;
};

}  // namespace waggle::esp
