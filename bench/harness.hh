#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// Measuring side by side on a machine that is never quiet.
///
/// A *group* is a set of contenders that are measured together: a slice (about a millisecond) of the first,
/// one of the second, and so on, round after round, so that all meet the same disturbances. Each contender
/// becomes one Google Benchmark entry with the counters `tsc_best` and `tsc_median`: TSC ticks per item of
/// its fastest and its median slice. Compare the best ones; the median tells how disturbed the machine was.
///
/// To add a benchmark, write bench/NAME_bench.cc, name it in bench/meson.build, and register in it:
///
///     const bench::registration copies([] {
///         bench::add_group({
///             {.name = "copy/64", .make = [] { return make_copy(64); }},
///             {.name = "copy_by_byte/64", .make = [] { return make_slow_copy(64); }, .baseline = "copy/64"},
///         });
///     });
///
/// where make_copy() sets up (untimed) and returns what is to run:
///
///     bench::measured make_copy(std::size_t length) {
///         auto buffers = std::make_shared<two_buffers>(length);
///         return {.run = [buffers] { ...handle 64 packets...; return 64; }};
///     }
namespace waggle::bench {

/// What is timed, made when its group's turn comes and gone after it.
struct measured {
    /// One unit of work, at least some microseconds so that the call itself does not show; returns how many
    /// items (packets, lookups) it handled. Null: nothing is timed, only `report` counts.
    std::function<std::uint64_t()> run = nullptr;
    /// Around each slice, untimed; may be null. A unit that can't be repeated as it is (a load into an empty
    /// table) is prepared here and sets `one_unit_a_slice`.
    std::function<void()> before_slice = nullptr;
    std::function<void()> after_slice = nullptr;
    bool one_unit_a_slice = false;
    /// If set, only the ticks that run() adds here count: for work that needs fresh material each time. Take
    /// both ends with ticks().
    std::shared_ptr<std::uint64_t> counted_ticks = nullptr;
    /// Further counters, asked for after the last slice; may be null.
    std::function<std::map<std::string, double>()> report = nullptr;
};

struct contender {
    /// "what/size".
    std::string name;
    std::function<measured()> make;
    /// Contender of the same group; adds counters `ratio_best` and `ratio_median`, own ticks to its ticks.
    std::string baseline = {};
};

/// Registers contenders to be measured in turn. Only those that the filter names are made.
void add_group(std::vector<contender> contenders);

/// Runs `add` before main, for files that call add_group().
struct registration {
    explicit registration(void (*add)()) { add(); }
};

/// Ticks of the time-stamp counter, ordered after what came before.
std::uint64_t ticks();
/// Ticks of the time-stamp counter in a second.
double ticks_per_second();
/// Starts DPDK's EAL once: hugepages if there are any, else without. Only for what needs it (mempools,
/// rte_hash). Throws std::runtime_error.
void need_eal();

/// A value that the compiler must compute.
template <typename T>
void keep(const T& value) {
    asm volatile("" : : "r,m"(value) : "memory");
}

/// Small, fast, good enough for access patterns.
class fast_random {
public:
    explicit fast_random(std::uint64_t seed) : _state(seed) {}
    std::uint32_t below(std::uint32_t limit) {
        _state = _state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>((_state >> 32) * limit >> 32);
    }

private:
    std::uint64_t _state;
};

}  // namespace waggle::bench
