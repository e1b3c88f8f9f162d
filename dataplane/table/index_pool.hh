#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace waggle {

/// Gives out the numbers 1 to 65,535; those given back are used again, the oldest first.
class index_pool {
public:
    static constexpr std::uint16_t capacity = 65535;

    /// Nothing when all are in use.
    std::optional<std::uint16_t> take() {
        if (_returned.empty()) {
            if (_highest == capacity) return std::nullopt;
            return ++_highest;
        }
        const std::uint16_t index = _returned.front();
        _returned.pop_front();
        return index;
    }
    void give_back(std::uint16_t index) { _returned.push_back(index); }

private:
    std::uint16_t _highest = 0;
    std::deque<std::uint16_t> _returned;
};

}  // namespace waggle
