#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <malloc.h>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "tests/sim/swarm.hh"

/// What a swarm of many hosts costs, in virtual time. See usage() below.
namespace waggle::gossip::sim {
namespace {

constexpr const char* usage =
    "usage: waggle-sim [--hosts N,...] [--endpoints N] [--hosts-per-network N] [--loss PERCENT,...] [--seed "
    "N]\n"
    "                  [--idle SECONDS] [--changes N] [--no-restart] [--split SECONDS] [--json FILE]\n"
    "Runs swarms of simulated hosts on one core and prints how fast changes spread and what that costs.\n"
    "--endpoints: in the whole swarm; 100 a host if not given.\n"
    "--split: how long two halves of the swarm do not reach each other; 60 if not given, 0: never.\n";

struct options {
    std::vector<std::size_t> hosts{10, 100, 1000};
    std::vector<std::size_t> loss{0, 1, 10};
    std::size_t endpoints = 0;
    std::size_t hosts_per_network = 10;
    std::size_t seed = 1;
    std::size_t idle = 60;
    std::size_t changes = 40;
    bool restart = true;
    std::size_t split = 60;
    std::string json;
};

std::vector<std::size_t> numbers(const std::string& text) {
    std::vector<std::size_t> all;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (true) {
        std::size_t number = 0;
        const auto [stop, failed] = std::from_chars(at, end, number);
        if (failed != std::errc() || (stop != end && *stop != ',')) throw std::invalid_argument(text);
        all.push_back(number);
        if (stop == end) return all;
        at = stop + 1;
    }
}

options parse(int count, char** arguments) {
    options chosen;
    for (int i = 1; i < count; ++i) {
        const std::string name = arguments[i];
        if (name == "--no-restart") {
            chosen.restart = false;
            continue;
        }
        if (++i == count) throw std::invalid_argument(name);
        const std::string value = arguments[i];
        if (name == "--hosts")
            chosen.hosts = numbers(value);
        else if (name == "--loss")
            chosen.loss = numbers(value);
        else if (name == "--endpoints")
            chosen.endpoints = numbers(value).front();
        else if (name == "--hosts-per-network")
            chosen.hosts_per_network = numbers(value).front();
        else if (name == "--seed")
            chosen.seed = numbers(value).front();
        else if (name == "--idle")
            chosen.idle = numbers(value).front();
        else if (name == "--changes")
            chosen.changes = numbers(value).front();
        else if (name == "--split")
            chosen.split = numbers(value).front();
        else if (name == "--json")
            chosen.json = value;
        else
            throw std::invalid_argument(name);
    }
    return chosen;
}

double cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}
double heap_bytes() {
    const struct mallinfo2 used = mallinfo2();
    return static_cast<double>(used.uordblks) + static_cast<double>(used.hblkhd);
}
double peak_bytes() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return 1024.0 * static_cast<double>(used.ru_maxrss);
}
double seconds(duration time) {
    return std::chrono::duration<double>(time).count();
}
nlohmann::json seconds(const std::optional<duration>& time) {
    return time ? nlohmann::json(seconds(*time)) : nlohmann::json(nullptr);
}

nlohmann::json json_of(const spread_report& report) {
    const auto both = [](const spread_report::moments& times) {
        return nlohmann::json{{"median", seconds(times.median)}, {"longest", seconds(times.longest)}};
    };
    return {{"half", both(report.half)},
            {"most", both(report.most)},
            {"all", both(report.all)},
            {"unfinished", report.unfinished}};
}

nlohmann::json run(const options& how, std::size_t hosts, std::size_t loss) {
    constexpr auto limit = std::chrono::minutes(10);
    swarm_shape shape;
    shape.hosts = hosts;
    shape.hosts_per_network = how.hosts_per_network;
    shape.endpoints = how.endpoints != 0 ? how.endpoints : 100 * hosts;
    shape.conditions.loss = static_cast<double>(loss) / 100;
    shape.seed = how.seed;
    nlohmann::json out{{"hosts", hosts},
                       {"endpoints", shape.endpoints},
                       {"hosts_per_network", shape.hosts_per_network},
                       {"loss_percent", loss},
                       {"seed", shape.seed}};
    const double heap_before = heap_bytes();
    double cpu = cpu_seconds();
    swarm tried(shape);
    const time_point start = tried.network().now();
    const auto phase = [&](const char* name, time_point began) {
        const double spent = cpu_seconds() - cpu;
        const double simulated = seconds(tried.network().now() - began);
        out["phases"][name] = {{"simulated", simulated}, {"cpu", spent}, {"speed", simulated / spent}};
        cpu = cpu_seconds();
    };
    out["formed"] = seconds(tried.form(limit));
    phase("form", start);
    // What the start has left in the queues.
    tried.network().run(std::chrono::seconds(60));
    cpu = cpu_seconds();
    time_point began = tried.network().now();
    const traffic_report quiet = tried.idle(std::chrono::seconds(how.idle));
    out["messages_per_host_second"] = quiet.packets_per_second;
    out["bytes_per_host_second"] = quiet.bytes_per_second;
    phase("idle", began);
    out["heap_per_host"] = (heap_bytes() - heap_before) / static_cast<double>(hosts);
    if (tried.entries() != 0)
        out["bytes_per_entry"] =
            static_cast<double>(tried.entry_memory()) / static_cast<double>(tried.entries());
    began = tried.network().now();
    out["spread_in_small_networks"] = json_of(tried.spread(how.changes, false, limit));
    out["spread_to_all_hosts"] = json_of(tried.spread(how.changes, true, limit));
    phase("changes", began);
    if (how.restart) {
        began = tried.network().now();
        const network_counters before = tried.network().counters();
        const restart_report back =
            tried.restart(std::max<std::size_t>(hosts / 5, 1), std::chrono::seconds(5), limit);
        out["restarted"] = seconds(back.restarted);
        out["all_after_restarts"] = seconds(back.all);
        const network_counters& after = tried.network().counters();
        out["restart_bytes_per_host"] = static_cast<double>(after.packet_bytes + after.stream_bytes -
                                                            before.packet_bytes - before.stream_bytes) /
                                        static_cast<double>(hosts);
        phase("restart", began);
    }
    if (how.split != 0) {
        began = tried.network().now();
        out["healed"] = seconds(
            tried.split(std::max<std::size_t>(how.changes, 1), std::chrono::seconds(how.split), limit));
        phase("split", began);
    }
    out["peak_bytes"] = peak_bytes();
    return out;
}

std::string text_of(const nlohmann::json& time) {
    char text[32] = "never";
    if (!time.is_null()) std::snprintf(text, sizeof text, "%.2f", time.get<double>());
    return text;
}

void print_head() {
    std::printf("%6s %8s %5s | %6s | %7s %7s | %6s %6s | %6s %6s %6s | %7s %7s | %6s | %8s %6s | %7s %7s\n",
                "hosts", "endp.", "loss", "form", "msg/h/s", "B/h/s", "10:50%", "100%", "all50%", "99%",
                "100%", "restart", "all", "heal", "kB/host", "B/ent", "idle x", "chg x");
}

void print(const nlohmann::json& one) {
    const auto& few = one["spread_in_small_networks"];
    const auto& all = one["spread_to_all_hosts"];
    const auto time = [&](const char* name) {
        return one.contains(name) ? text_of(one[name]) : std::string("-");
    };
    std::printf(
        "%6zu %8zu %4zu%% | %6s | %7.1f %7.0f | %6s %6s | %6s %6s %6s | %7s %7s | %6s | %8.0f %6.0f | %7.1f "
        "%7.1f\n",
        one["hosts"].get<std::size_t>(), one["endpoints"].get<std::size_t>(),
        one["loss_percent"].get<std::size_t>(), time("formed").c_str(),
        one["messages_per_host_second"].get<double>(), one["bytes_per_host_second"].get<double>(),
        text_of(few["half"]["median"]).c_str(), text_of(few["all"]["median"]).c_str(),
        text_of(all["half"]["median"]).c_str(), text_of(all["most"]["median"]).c_str(),
        text_of(all["all"]["median"]).c_str(), time("restarted").c_str(), time("all_after_restarts").c_str(),
        time("healed").c_str(), one["heap_per_host"].get<double>() / 1000, one.value("bytes_per_entry", 0.0),
        one["phases"]["idle"]["speed"].get<double>(), one["phases"]["changes"]["speed"].get<double>());
    std::fflush(stdout);
}

}  // namespace
}  // namespace waggle::gossip::sim

int main(int count, char** arguments) {
    using namespace waggle::gossip::sim;
    options how;
    try {
        how = parse(count, arguments);
    } catch (const std::invalid_argument& wrong) {
        std::fprintf(stderr, "waggle-sim: can't take '%s'\n%s", wrong.what(), usage);
        return 2;
    }
    nlohmann::json all = nlohmann::json::array();
    print_head();
    for (const std::size_t hosts : how.hosts)
        for (const std::size_t loss : how.loss) {
            all.push_back(run(how, hosts, loss));
            print(all.back());
        }
    if (!how.json.empty()) {
        std::ofstream file(how.json);
        file << all.dump(2) << "\n";
        if (!file.flush()) {
            std::fprintf(stderr, "waggle-sim: can't write %s\n", how.json.c_str());
            return 1;
        }
    }
    return 0;
}
