#include "dataplane/esp/open_run.hh"

namespace waggle::esp {

std::uint64_t open_run::mark(std::uint64_t now) {
    const std::uint64_t all = ~std::uint64_t{0} >> (64 - _count);
    auto& moving = _association.moving;
    if (_authentic == all) [[likely]]
        moving.replay.accept_run(_first, _count, now);
    else
        mark_each(now);
    for (std::uint64_t rest = all & ~_opened; rest != 0; rest &= rest - 1)
        _association.refuse(_places.verdicts[static_cast<unsigned>(__builtin_ctzll(rest))]);
    _association.count(static_cast<unsigned>(__builtin_popcountll(_opened)), _bytes, now);
    return _opened;
}

/// Some are forged: the others one by one.
[[gnu::noinline]] void open_run::mark_each(std::uint64_t now) {
    for (unsigned i = 0; i < _count; ++i) {
        if ((_authentic >> i & 1) == 0) {
            _places.verdicts[i] = open_verdict::authentication_failed;
            continue;
        }
        const replay_answer answer = _association.moving.replay.accept(_first + i, _places.ivs[i], now);
        if (answer == replay_answer::fresh) continue;
        _places.verdicts[i] = verdict_of(answer);
        _opened &= ~(std::uint64_t{1} << i);
    }
}

}  // namespace waggle::esp
