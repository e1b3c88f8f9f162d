#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "dataplane/esp/peer_lives.hh"
#include "dataplane/esp/replay_window.hh"

namespace waggle::esp {

/// What an inbound SA does against replayed packets.
enum class replay_policy : std::uint8_t {
    /// A number is accepted once, none below the window.
    strict,
    /// The same for each life of a peer that restarts at 1 under the same SPI; not with extended sequence
    /// numbers. For docker peers. replay.md says what it costs.
    resync,
    /// Everything authentic is accepted, as stock Docker does. Not with extended sequence numbers.
    off,
};

struct replay_settings {
    replay_policy policy = replay_policy::strict;
    /// A power of two up to replay_window::largest.
    std::uint32_t window = 4096;
};

/// A received packet's number in full and what the window says of it.
struct replay_check {
    std::uint64_t sequence;
    replay_answer answer;
};

/// Replay protection of one inbound SA, whatever its policy. Check and accept by the SA's owner
/// (worker_claim) only; top() and resyncs() are for any thread.
class replay_state {
public:
    /// Once, before the first packet; the settings are valid (make_inbound() checks). Without it: `off`.
    void configure(const replay_settings& settings, bool extended);

    /// Before verification: nothing changes. `low` and `iv` as numbers from the packet, `now` in ns.
    replay_check check(std::uint32_t low, std::uint64_t iv, std::uint64_t now) const {
        if (_policy == replay_policy::strict && !_extended) [[likely]]
            return {low, _window.check(low)};
        return check_otherwise(low, iv, now);
    }
    /// After verification: the answer may have changed since check(); what is fresh is marked.
    replay_answer accept(std::uint64_t sequence, std::uint64_t iv, std::uint64_t now) {
        if (_policy != replay_policy::strict) return accept_otherwise(sequence, iv, now);
        const replay_answer answer = _window.check(sequence);
        if (answer == replay_answer::fresh) _window.accept(sequence);
        return answer;
    }

    /// Longest run of begins_run().
    static constexpr unsigned longest_run = 64;

    /// Packets that are usual: true if one numbered `low` with this IV is fresh, and so are those after it,
    /// numbered one by one up to longest_run of them, for which continues_run() is true; `first` is then its
    /// number in full. False tells nothing.
    bool begins_run(std::uint32_t low, std::uint64_t iv, std::uint64_t& first) const;
    bool continues_run(std::uint64_t sequence, std::uint64_t iv) const {
        return _policy != replay_policy::resync || _lives->is_current(sequence, iv);
    }
    /// Marks a run, all of it authentic. Nothing was accepted since it began.
    void accept_run(std::uint64_t first, unsigned count, std::uint64_t now);

    std::uint64_t top() const { return _window.top(); }
    std::uint64_t resyncs() const { return _lives == nullptr ? 0 : _lives->resyncs(); }

private:
    replay_check check_otherwise(std::uint32_t low, std::uint64_t iv, std::uint64_t now) const;
    replay_answer accept_otherwise(std::uint64_t sequence, std::uint64_t iv, std::uint64_t now);

    replay_window _window;
    std::unique_ptr<peer_lives> _lives;
    replay_policy _policy = replay_policy::off;
    bool _extended = false;
};

/// The full number of which `low` is the low half, for a window of `size` whose highest accepted number is
/// `top` (RFC 4303 appendix A2.2). Nothing: it would lie below 0 or above 2^64.
struct inferred_sequence {
    bool possible;
    std::uint64_t sequence;
};
inferred_sequence infer_sequence(std::uint32_t low, std::uint64_t top, std::uint32_t size);

}  // namespace waggle::esp
