#include "dataplane/esp/peer_lives.hh"

#include <utility>

namespace waggle::esp {

peer_lives::judgement peer_lives::judge(const replay_window& window, std::uint64_t sequence, std::uint64_t iv,
                                        std::uint64_t now) const {
    const bool is_current = _begun && _current.has(sequence, iv);
    if (!is_current && _begun) {
        for (std::size_t i = 0; i < _earlier_count; ++i) {
            if (!_earlier[i].has(sequence, iv)) continue;
            if (sequence <= _earlier[i].top) return {replay_answer::replayed, step::refuse};
            return {replay_answer::fresh, step::return_to_earlier, i};
        }
        if (_regular) return {replay_answer::fresh, step::begin};
    }
    const replay_answer answer = window.check(sequence);
    if (answer == replay_answer::fresh) return {answer, is_current ? step::stay : step::stay_unlike};
    // Its IVs tell nothing: only a long silence lets a restart be believed.
    if (!is_current && _begun && now - _last_accepted >= silence && now > _last_accepted)
        return {replay_answer::fresh, step::begin};
    return {answer, step::refuse};
}

replay_answer peer_lives::accept(replay_window& window, std::uint64_t sequence, std::uint64_t iv,
                                 std::uint64_t now) {
    const judgement judged = judge(window, sequence, iv, now);
    switch (judged.next) {
        case step::refuse:
            return judged.answer;
        case step::stay:
            _regular = true;
            break;
        case step::stay_unlike:
            _current = {.by_xor = iv ^ sequence, .by_difference = iv - sequence};
            _regular = false;
            _begun = true;
            break;
        case step::return_to_earlier:
            _current.top = window.top();
            std::swap(_current, _earlier[judged.earlier]);
            window.restart_after(_current.top);
            _regular = true;
            break;
        case step::begin:
            _current.top = window.top();
            _earlier[_next_forgotten] = _current;
            _next_forgotten = (_next_forgotten + 1) % remembered;
            if (_earlier_count < remembered) ++_earlier_count;
            _current = {.by_xor = iv ^ sequence, .by_difference = iv - sequence};
            _regular = false;
            window.restart();
            _resyncs.store(resyncs() + 1, std::memory_order_relaxed);
            break;
    }
    window.accept(sequence);
    _last_accepted = now;
    return replay_answer::fresh;
}

}  // namespace waggle::esp
