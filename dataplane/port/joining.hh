#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace waggle {

/// Whether datagrams of a flow are given to the kernel in one piece. A piece that it refuses goes singly, and
/// so does all that follows, until joining is tried again: soon at first, ever later while it fails. A kernel
/// that can't do it is asked seldom; an error that passes costs little. Workers call is_on(), worked() and
/// refused(), the main lcore the rest.
class joining {
public:
    /// Checks until the first try after a refusal; doubled with each refusal in a row.
    static constexpr unsigned first_pause = 4;
    static constexpr unsigned longest_pause = 1024;
    /// Checks without a refusal after which the next one is the first again.
    static constexpr unsigned trusted_after = 60;

    bool is_on() const { return _on.load(std::memory_order_relaxed); }
    bool has_worked() const { return _has_worked.load(std::memory_order_relaxed); }
    /// The kernel took a piece.
    void worked() {
        // Seldom written: the line is one that all workers read.
        if (!_has_worked.load(std::memory_order_relaxed)) _has_worked.store(true, std::memory_order_relaxed);
    }
    void refused(int reason) {
        _reason.store(reason, std::memory_order_relaxed);
        _on.store(false, std::memory_order_relaxed);
    }

    /// Once a second.
    void check() {
        if (is_on()) {
            if (++_undisturbed < trusted_after) return;
            _undisturbed = trusted_after;
            _pause = first_pause;
            _told = false;
            return;
        }
        _undisturbed = 0;
        if (++_waited < _pause) return;
        _waited = 0;
        _pause = std::min(2 * _pause, longest_pause);
        _on.store(true, std::memory_order_relaxed);
    }
    /// Everything anew, with another interface.
    void reset() {
        _on.store(true, std::memory_order_relaxed);
        _has_worked.store(false, std::memory_order_relaxed);
        _pause = first_pause;
        _waited = 0;
        _undisturbed = 0;
        _told = false;
    }
    /// Once for all refusals that follow on each other: why, an errno.
    std::optional<int> news() {
        if (is_on() || std::exchange(_told, true)) return std::nullopt;
        return _reason.load(std::memory_order_relaxed);
    }

private:
    std::atomic<bool> _on{true};
    std::atomic<bool> _has_worked{false};
    std::atomic<int> _reason{0};
    unsigned _pause = first_pause;
    unsigned _waited = 0;
    unsigned _undisturbed = 0;
    bool _told = false;
};

}  // namespace waggle
