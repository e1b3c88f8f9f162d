#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/run.hh"

namespace waggle::bench {
namespace {

/// One line a benchmark: ticks per item, the rate they mean, other counters by name.
class table_reporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context&) override {
        std::printf("%-40s %10s %10s %10s  %s\n", "", "tsc best", "median", "M/s best", "");
        return true;
    }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) print(run);
        std::fflush(stdout);
    }

private:
    static void print(const Run& run) {
        const std::string name = run.run_name.function_name;
        if (run.error_occurred) {
            std::printf("%-40s failed: %s\n", name.c_str(), run.error_message.c_str());
            return;
        }
        std::printf("%-40s", name.c_str());
        if (const auto best = run.counters.find("tsc_best"); best != run.counters.end()) {
            const double ticks = best->second.value;
            const double seconds = run.real_accumulated_time / run.counters.at("tsc_median").value * ticks;
            std::printf(" %10.1f %10.1f %10.2f ", ticks, run.counters.at("tsc_median").value, 1e-6 / seconds);
        } else {
            std::printf(" %10s %10s %10s ", "", "", "");
        }
        for (const auto& [counter, value] : run.counters)
            if (counter != "tsc_best" && counter != "tsc_median" && counter != "slices")
                std::printf(" %s %.3g", counter.c_str(), value.value);
        std::printf("\n");
    }
};

/// Google Benchmark's JSON, with names free of its own settings (iterations, kind of time).
class plain_json_reporter : public benchmark::JSONReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override {
        std::vector<Run> plain = runs;
        for (Run& run : plain) {
            run.run_name.iterations.clear();
            run.run_name.time_type.clear();
        }
        benchmark::JSONReporter::ReportRuns(plain);
    }
};

}  // namespace
}  // namespace waggle::bench

/// Google Benchmark's options, and --quick for a tenth of the time.
int main(int count, char** arguments) {
    using namespace waggle::bench;
    effort spend;
    std::vector<char*> rest;
    bool with_output_file = false;
    for (int i = 0; i < count; ++i) {
        with_output_file |= std::string_view(arguments[i]).starts_with("--benchmark_out=");
        if (std::string_view(arguments[i]) == "--quick")
            spend = {
                .slice_seconds = 0.0005, .most_slices = 61, .fewest_slices = 1, .contender_seconds = 0.2};
        else
            rest.push_back(arguments[i]);
    }
    int rest_count = static_cast<int>(rest.size());
    benchmark::Initialize(&rest_count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(rest_count, rest.data())) return 2;
    const std::string filter = benchmark::GetBenchmarkFilter();
    if (hand_to_google_benchmark(filter == "all" ? "" : filter, spend) == 0) {
        std::fprintf(stderr, "waggle-bench: no benchmark matches '%s'\n", filter.c_str());
        return 1;
    }
    table_reporter table;
    plain_json_reporter json;
    if (with_output_file)
        benchmark::RunSpecifiedBenchmarks(&table, &json, "all");
    else
        benchmark::RunSpecifiedBenchmarks(&table, "all");
    benchmark::Shutdown();
    return 0;
}
