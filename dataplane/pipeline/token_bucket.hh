#pragma once

#include <cstdint>

namespace waggle {

/// Allows `per_second` events a second and bursts of `capacity` after a quiet time. Time comes from the
/// caller, in ticks.
class token_bucket {
public:
    constexpr token_bucket(std::int64_t per_second, std::int64_t capacity)
        : _per_second(per_second), _capacity(capacity) {}

    /// True if there is a token at time `now`.
    bool has_token(std::uint64_t now, std::uint64_t ticks_per_second) {
        const auto time = static_cast<std::int64_t>(now);
        _interval = static_cast<std::int64_t>(ticks_per_second) / _per_second;
        const std::int64_t full = time - _capacity * _interval;
        if (_spent_until < full) _spent_until = full;
        return _spent_until + _interval <= time;
    }
    /// Right after has_token() said true.
    void take() { _spent_until += _interval; }

private:
    std::int64_t _per_second;
    std::int64_t _capacity;
    /// Ticks a token.
    std::int64_t _interval = 0;
    /// The tokens of all time before this moment are spent.
    std::int64_t _spent_until = INT64_MIN;
};

}  // namespace waggle
