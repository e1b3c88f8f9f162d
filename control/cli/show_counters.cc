#include <chrono>
#include <cmath>
#include <ostream>
#include <thread>

#include "control/cli/command.hh"
#include "control/cli/counter_items.hh"
#include "control/cli/listing.hh"
#include "dataplane/api/reader_client.hh"

namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;
using steady = std::chrono::steady_clock;

result<json> look(api::reader_client& client, bool workers) {
    // Names each time: overlays come and go while counters are watched.
    const auto overlays = client.overlays();
    if (!overlays) return overlays.failure();
    const auto counters = client.counters();
    if (!counters) return counters.failure();
    return counter_items(*counters, names_of(*overlays), workers);
}

void show(const context& with, const listing& how, const json& items) {
    if (with.json) {
        with.out << json{{"items", items}}.dump() << std::endl;
    } else {
        with.out << render(how, items, with.width) << std::flush;
    }
}

}  // namespace

int show_counters(const context& with, const po::variables_map& options) {
    const bool workers = options["workers"].as<bool>();
    const bool watch = options["watch"].as<bool>();
    const double interval = options["interval"].as<double>();
    if (!(interval >= 0.1 && interval <= 86'400)) {
        with.err << "waggle counters: --interval takes 0.1 to 86400 seconds\n";
        return wrong_usage;
    }
    auto client = api::reader_client::connect(with.dataplane_socket());
    if (!client) return give_up(with, client.failure());
    auto before = look(*client, workers);
    if (!before) return give_up(with, before.failure());
    if (!watch) {
        show(with, counters_listing(false, workers), *before);
        return succeeded;
    }
    const unsigned times = options.contains("times") ? options["times"].as<unsigned>() : 0;
    auto last = steady::now();
    for (unsigned done = 0; times == 0 || done < times; ++done) {
        std::this_thread::sleep_until(
            last + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(interval)));
        auto now = look(*client, workers);
        if (!now) return give_up(with, now.failure());
        const auto at = steady::now();
        const double seconds = std::chrono::duration<double>(at - last).count();
        last = at;
        show(with, counters_listing(true, workers), moved_items(*before, *now, seconds));
        if (!with.json) with.out << "\n" << std::flush;
        before = std::move(now);
    }
    return succeeded;
}

}  // namespace waggle::cli
