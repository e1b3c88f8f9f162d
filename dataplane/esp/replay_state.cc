#include "dataplane/esp/replay_state.hh"

#include <limits>

namespace waggle::esp {

inferred_sequence infer_sequence(std::uint32_t low, std::uint64_t top, std::uint32_t size) {
    constexpr std::uint64_t subspace = std::uint64_t{1} << 32;
    const std::uint64_t high = top & ~(subspace - 1);
    const std::uint32_t top_low = static_cast<std::uint32_t>(top);
    // Lowest number of the window, modulo 2^32.
    const std::uint32_t bottom_low = top_low - (size - 1);
    if (top_low >= size - 1) {
        if (low >= bottom_low) return {true, high | low};
        // Below the window of this subspace can only be meant for the next one.
        if (high == std::numeric_limits<std::uint64_t>::max() - (subspace - 1)) return {false, 0};
        return {true, (high + subspace) | low};
    }
    if (low < bottom_low) return {true, high | low};
    if (high == 0) return {false, 0};
    return {true, (high - subspace) | low};
}

void replay_state::configure(const replay_settings& settings, bool extended) {
    _policy = settings.policy;
    _extended = extended;
    if (_policy == replay_policy::off) return;
    _window.resize(settings.window);
    if (_policy == replay_policy::resync) _lives = std::make_unique<peer_lives>();
}

replay_check replay_state::check_otherwise(std::uint32_t low, std::uint64_t iv, std::uint64_t now) const {
    switch (_policy) {
        case replay_policy::strict: {
            const inferred_sequence inferred = infer_sequence(low, top(), _window.size());
            if (!inferred.possible) return {low, replay_answer::too_old};
            return {inferred.sequence, _window.check(inferred.sequence)};
        }
        case replay_policy::resync:
            return {low, _lives->check(_window, low, iv, now)};
        case replay_policy::off:
            break;
    }
    return {low, replay_answer::fresh};
}

replay_answer replay_state::accept_otherwise(std::uint64_t sequence, std::uint64_t iv, std::uint64_t now) {
    if (_policy == replay_policy::resync) return _lives->accept(_window, sequence, iv, now);
    _window.note(sequence);
    return replay_answer::fresh;
}

bool replay_state::begins_run(std::uint32_t low, std::uint64_t iv, std::uint64_t& first) const {
    const std::uint64_t limit =
        _extended ? std::numeric_limits<std::uint64_t>::max() : std::numeric_limits<std::uint32_t>::max();
    const std::uint64_t highest = top();
    first = low;
    if (_extended) {
        const inferred_sequence inferred = infer_sequence(low, highest, _window.size());
        if (!inferred.possible) return false;
        first = inferred.sequence;
    }
    if (limit - first < longest_run) return false;
    if (_policy == replay_policy::off) return true;
    if (first <= highest) return false;
    // Further ahead the high half of the later numbers might be another one.
    constexpr std::uint64_t furthest = std::uint64_t{1} << 31;
    if (_extended && first - highest > furthest) return false;
    return continues_run(first, iv);
}

void replay_state::accept_run(std::uint64_t first, unsigned count, std::uint64_t now) {
    if (_policy == replay_policy::off) return _window.note(first + count - 1);
    if (_policy == replay_policy::resync) _lives->stay(now);
    _window.accept_run(first, count);
}

}  // namespace waggle::esp
