#pragma once

#include <cstdint>

namespace waggle {

/// Allows `per_second` events a second and bursts of `capacity` after a quiet time. Time comes from the
/// caller, in ticks.
class token_bucket {
public:
    constexpr token_bucket(std::int64_t per_second, std::int64_t capacity)
        : _per_second(per_second), _capacity(capacity) {}

    /// True, and one token less, if there is one.
    bool take(std::uint64_t now, std::uint64_t ticks_per_second) {
        const auto time = static_cast<std::int64_t>(now);
        const std::int64_t interval = static_cast<std::int64_t>(ticks_per_second) / _per_second;
        const std::int64_t full = time - _capacity * interval;
        if (_spent_until < full) _spent_until = full;
        if (_spent_until + interval > time) return false;
        _spent_until += interval;
        return true;
    }

private:
    std::int64_t _per_second;
    std::int64_t _capacity;
    /// The tokens of all time before this moment are spent.
    std::int64_t _spent_until = INT64_MIN;
};

}  // namespace waggle
