#include "bench/harness.hh"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <thread>
#include <utility>
#include <x86intrin.h>

#include <benchmark/benchmark.h>

#include "bench/run.hh"

namespace waggle::bench {
namespace {

struct outcome {
    double best = 0;
    double median = 0;
    std::map<std::string, double> counters;
};

struct group {
    std::vector<contender> contenders;
    std::map<std::string, outcome> outcomes;
    bool is_measured = false;
};

std::vector<std::shared_ptr<group>>& groups() {
    static std::vector<std::shared_ptr<group>> all;
    return all;
}

/// A contender on its way through the slices.
struct runner {
    const contender* of;
    measured what;
    std::uint64_t units = 1;
    std::vector<double> ticks_per_item;

    /// Returns the slice's ticks.
    std::uint64_t slice() {
        if (what.before_slice) what.before_slice();
        std::uint64_t items = 0;
        const std::uint64_t start = ticks();
        for (std::uint64_t unit = 0; unit < units; ++unit) items += what.run();
        const std::uint64_t spent = ticks() - start;
        if (what.after_slice) what.after_slice();
        const std::uint64_t counted = what.counted_ticks ? std::exchange(*what.counted_ticks, 0) : spent;
        ticks_per_item.push_back(static_cast<double>(counted) /
                                 static_cast<double>(std::max<std::uint64_t>(items, 1)));
        return spent;
    }

    /// Warms up and finds out how many units fill a slice.
    void calibrate(double slice_ticks) {
        if (what.one_unit_a_slice) return;
        double spent = static_cast<double>(slice());
        for (int i = 0; i < 5; ++i) {
            const double wanted = slice_ticks / std::max(spent / static_cast<double>(units), 1.0);
            units = static_cast<std::uint64_t>(std::clamp(wanted, 1.0, 1e9));
            spent = static_cast<double>(slice());
            if (spent > slice_ticks / 2) break;
        }
        ticks_per_item.clear();
    }
};

double median_of(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

void measure(group& together, const effort& spend) {
    std::vector<runner> runners;
    for (const contender& each : together.contenders) runners.push_back({&each, each.make(), 1, {}});
    std::vector<runner*> timed;
    for (runner& each : runners)
        if (each.what.run) timed.push_back(&each);

    const double slice_ticks = spend.slice_seconds * ticks_per_second();
    for (runner* each : timed) each->calibrate(slice_ticks);
    const double limit = spend.contender_seconds * static_cast<double>(timed.size()) * ticks_per_second();
    double spent = 0;
    for (unsigned round = 0; !timed.empty() && round < spend.most_slices; ++round) {
        if (round >= spend.fewest_slices && spent > limit) break;
        for (runner* each : timed) spent += static_cast<double>(each->slice());
    }

    for (runner& each : runners) {
        outcome& result = together.outcomes[each.of->name];
        if (!each.ticks_per_item.empty()) {
            result.best = *std::min_element(each.ticks_per_item.begin(), each.ticks_per_item.end());
            result.median = median_of(each.ticks_per_item);
            result.counters["tsc_best"] = result.best;
            result.counters["tsc_median"] = result.median;
            result.counters["slices"] = static_cast<double>(each.ticks_per_item.size());
        }
        if (each.what.report) result.counters.merge(each.what.report());
    }
    for (const runner& each : runners) {
        const auto baseline = together.outcomes.find(each.of->baseline);
        if (baseline == together.outcomes.end() || baseline->second.best == 0) continue;
        outcome& result = together.outcomes[each.of->name];
        result.counters["ratio_best"] = result.best / baseline->second.best;
        result.counters["ratio_median"] = result.median / baseline->second.median;
    }
    together.is_measured = true;
}

void report(benchmark::State& state, group& of, const std::string& name, const effort& spend) {
    try {
        if (!of.is_measured) measure(of, spend);
    } catch (const std::exception& failure) {
        state.SkipWithError(failure.what());
        return;
    }
    const outcome& result = of.outcomes[name];
    // The time that Google Benchmark shows is that of an item of the median slice.
    for (auto _ : state) state.SetIterationTime(result.median / ticks_per_second());
    for (const auto& [counter, value] : result.counters) state.counters[counter] = value;
}

}  // namespace

void add_group(std::vector<contender> contenders) {
    auto added = std::make_shared<group>();
    added->contenders = std::move(contenders);
    groups().push_back(std::move(added));
}

std::size_t hand_to_google_benchmark(const std::string& filter, const effort& spend) {
    const std::regex wanted(filter, std::regex::extended);
    std::size_t count = 0;
    for (const auto& each : groups()) {
        const auto is_wanted = [&](const contender& one) { return std::regex_search(one.name, wanted); };
        // What a wanted one is compared with is measured with it.
        std::set<std::string> kept;
        for (const contender& one : each->contenders)
            if (is_wanted(one)) kept.insert({one.name, one.baseline});
        std::erase_if(each->contenders, [&](const contender& one) { return !kept.contains(one.name); });
        for (const contender& one : each->contenders) {
            if (!is_wanted(one)) continue;
            benchmark::RegisterBenchmark(one.name.c_str(),
                                         [each, name = one.name, spend](benchmark::State& state) {
                                             report(state, *each, name, spend);
                                         })
                ->Iterations(1)
                ->UseManualTime();
            ++count;
        }
    }
    return count;
}

std::uint64_t ticks() {
    _mm_lfence();
    return __rdtsc();
}

double ticks_per_second() {
    static const double rate = [] {
        const auto from = std::chrono::steady_clock::now();
        const std::uint64_t start = ticks();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const std::uint64_t end = ticks();
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - from;
        return static_cast<double>(end - start) / passed.count();
    }();
    return rate;
}

}  // namespace waggle::bench
