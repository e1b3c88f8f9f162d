#pragma once

#include <cstdint>

namespace waggle {

/// Share of time that a worker was busy between two readings of its counters.
class busy_meter {
public:
    /// Ticks since the worker's start.
    void read(std::uint64_t busy, std::uint64_t idle) {
        const std::uint64_t busy_since = busy - _busy;
        const std::uint64_t idle_since = idle - _idle;
        if (busy_since + idle_since != 0)
            _share = static_cast<double>(busy_since) / static_cast<double>(busy_since + idle_since);
        _busy = busy;
        _idle = idle;
    }
    /// 0 to 1.
    double share() const { return _share; }

private:
    std::uint64_t _busy = 0;
    std::uint64_t _idle = 0;
    double _share = 0;
};

}  // namespace waggle
