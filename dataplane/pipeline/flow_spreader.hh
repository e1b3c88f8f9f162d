#pragma once

#include <array>
#include <cstdint>

namespace waggle {

/// Which worker goes on with packets that this one had to open, as it owns their association: all packets of
/// a stock Docker host come by one association. Spreads only under load, since a hand-over costs more than
/// it saves while there is time, and keeps the order of each flow: a flow comes back only after a pause in
/// which its last packet handed over has long been delivered. One worker's.
class flow_spreader {
public:
    /// So many packets came while the burst before was at work: half of what a kernel queue gives at once.
    static constexpr unsigned large_burst = 16;
    /// So many more large bursts than small ones are load.
    static constexpr unsigned loaded_at = 32;
    /// Pause of a flow, in ns, after which it may come back.
    static constexpr std::uint64_t pause = 10'000'000;

    flow_spreader() = default;
    flow_spreader(std::uint32_t self, std::uint32_t workers) : _self(self), _workers(workers) {}

    /// Once a burst, before worker_for(). `packets`: that are to be opened.
    void see_burst(unsigned packets) {
        if (packets >= large_burst)
            _pressure += _pressure < 2 * loaded_at ? 1 : 0;
        else
            _pressure -= _pressure > 0 ? 1 : 0;
    }
    /// `flow`: the same for all packets of a flow, such as the source port of RFC 7348 section 5. `now` in
    /// ns.
    std::uint32_t worker_for(std::uint16_t flow, std::uint64_t now) {
        const std::uint32_t bucket = flow * 0x9e37'79b9U >> 24;
        const std::uint32_t to = bucket * _workers >> 8;
        if (to == _self) return _self;
        std::uint64_t& last = _last_handed_over[bucket];
        const bool is_away = last != 0 && now < last + pause;
        if (!is_away && _pressure < loaded_at) return _self;
        last = now;
        return to;
    }

private:
    std::uint32_t _self = 0;
    std::uint32_t _workers = 1;
    unsigned _pressure = 0;
    /// By hash of the flow; 0: never.
    std::array<std::uint64_t, 256> _last_handed_over{};
};

}  // namespace waggle
