#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/esp/replay_window.hh"

namespace waggle::esp {

/// Replay protection against a peer that restarts at sequence number 1 under the same SPI and key: one window
/// for each *life* of the peer. A life shows in the IVs: a stock kernel sends the sequence number xor a
/// random constant, Waggle adds one. Both are covered by the ICV. replay.md gives the reasoning and its
/// limits. One caller at a time.
class peer_lives {
public:
    /// How many earlier lives are remembered.
    static constexpr std::size_t remembered = 16;
    /// Peers whose IVs follow neither rule are believed to have restarted only after so long a silence, in
    /// ns.
    static constexpr std::uint64_t silence = 500'000'000;

    /// `window` is the caller's and shows the current life.
    replay_answer check(const replay_window& window, std::uint64_t sequence, std::uint64_t iv,
                        std::uint64_t now) const {
        return judge(window, sequence, iv, now).answer;
    }

    /// For a packet that is authentic: the same answer, and what is fresh is marked. `now` in ns.
    replay_answer accept(replay_window& window, std::uint64_t sequence, std::uint64_t iv, std::uint64_t now);

    /// True if a packet with this IV is of the current life.
    bool is_current(std::uint64_t sequence, std::uint64_t iv) const {
        return _begun && _current.has(sequence, iv);
    }
    /// Such packets were accepted; the caller marks them in the window.
    void stay(std::uint64_t now) {
        _regular = true;
        _last_accepted = now;
    }

    /// How many lives were begun after the first.
    std::uint64_t resyncs() const { return _resyncs.load(std::memory_order_relaxed); }

private:
    struct life {
        std::uint64_t by_xor = 0;
        std::uint64_t by_difference = 0;
        /// Highest number accepted when the life was left.
        std::uint64_t top = 0;

        bool has(std::uint64_t sequence, std::uint64_t iv) const {
            return (iv ^ sequence) == by_xor || iv - sequence == by_difference;
        }
    };
    enum class step : std::uint8_t { refuse, stay, stay_unlike, return_to_earlier, begin };
    struct judgement {
        replay_answer answer;
        step next;
        std::size_t earlier = 0;
    };

    judgement judge(const replay_window& window, std::uint64_t sequence, std::uint64_t iv,
                    std::uint64_t now) const;

    life _current;
    /// The last two accepted packets were of one life by their IVs.
    bool _regular = false;
    bool _begun = false;
    std::uint64_t _last_accepted = 0;
    std::atomic<std::uint64_t> _resyncs{0};
    std::size_t _earlier_count = 0;
    std::size_t _next_forgotten = 0;
    std::array<life, remembered> _earlier;
};

}  // namespace waggle::esp
