#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "bench/harness.hh"
#include "bench/served_tables.hh"
#include "dataplane/api/change_encoder.hh"
#include "dataplane/api/owner_session.hh"

namespace waggle::bench {
namespace {

constexpr std::uint32_t peers = 1000;
constexpr std::uint32_t overlays = 100;

/// `endpoints` remote MACs spread over overlays and peers, with a neighbour each if wanted.
std::shared_ptr<const api::state> make_state(std::uint32_t endpoints, bool neighbours) {
    auto whole = std::make_shared<api::state>();
    for (std::uint32_t n = 0; n < overlays; ++n)
        whole->overlays[*vni::from(4096 + n)] = {"overlay" + std::to_string(n), 1450, false};
    const auto source = ip_address::from_v4(0xc0a8'ffff);
    for (std::uint32_t n = 0; n < peers; ++n) {
        const auto address = ip_address::from_v4(0xc0a8'0000 + n);
        whole->vteps[address] = {
            api::next_hop{"uplink", source, mac_address::from_u64(2), mac_address::from_u64(4), 1500}};
        for (std::uint32_t k = 0; k < overlays; ++k) whole->members.insert({*vni::from(4096 + k), address});
    }
    whole->forwarding.reserve(endpoints);
    for (std::uint32_t n = 0; n < endpoints; ++n) {
        const vni overlay = *vni::from(4096 + n % overlays);
        const auto ip = ip_address::from_v4(0x0a00'0000 + n / overlays);
        const auto mac = mac_address::derived_from(ip);
        whole->forwarding.emplace(api::forwarding_key{overlay, mac},
                                  ip_address::from_v4(0xc0a8'0000 + n / overlays % peers));
        if (neighbours) whole->neighbours.emplace(api::neighbour_key{overlay, ip}, mac);
    }
    return whole;
}

/// Control's side.
class owner {
public:
    explicit owner(const std::string& path)
        : _session(_context, path,
                   {.connected = nullptr,
                    .acknowledged = [this](std::uint64_t generation) { _acknowledged = generation; },
                    .refused = [](std::uint64_t,
                                  const std::string& why) { throw std::runtime_error("refused: " + why); },
                    .disconnected = [](const std::string& why) { throw std::runtime_error(why); },
                    .event = nullptr}) {
        while (!_session.is_connected()) _context.run_one();
    }
    std::uint64_t send(std::shared_ptr<const api::state> whole) { return *_session.send_snapshot(whole); }
    std::uint64_t send(api::delta change) { return *_session.send_delta(std::move(change)); }
    void wait(std::uint64_t generation) {
        while (_acknowledged < generation) _context.run_one();
    }

private:
    boost::asio::io_context _context;
    std::uint64_t _acknowledged = 0;
    api::owner_session _session;
};

/// Times whole loads and keeps the best.
struct load_times {
    double best_seconds = 0;
    void add(std::uint64_t spent) {
        const double seconds = static_cast<double>(spent) / ticks_per_second();
        best_seconds = best_seconds == 0 ? seconds : std::min(best_seconds, seconds);
    }
};

double wire_bytes(const std::shared_ptr<const api::state>& whole) {
    const auto encoder = api::encode_snapshot(whole, 1);
    std::string piece;
    double bytes = 0;
    for (; encoder->next(piece); piece.clear()) bytes += static_cast<double>(piece.size());
    return bytes;
}

struct load_subject {
    std::shared_ptr<const api::state> whole;
    std::unique_ptr<served_tables> dataplane;
    std::unique_ptr<owner> control;
    load_times times;
    std::uint64_t entries = 0;

    void start() {
        control.reset();
        dataplane = std::make_unique<served_tables>();
        control = std::make_unique<owner>(dataplane->path());
    }
    std::uint64_t load() {
        const std::uint64_t from = ticks();
        control->wait(control->send(whole));
        times.add(ticks() - from);
        entries = dataplane->entries();
        if (entries != whole->forwarding.size() + whole->neighbours.size())
            throw std::runtime_error("entries are missing after the load");
        return entries;
    }
    std::map<std::string, double> report() const {
        const auto count = static_cast<double>(entries);
        return {{"seconds_best", times.best_seconds},
                {"entries_per_second", count / times.best_seconds},
                {"socket_bytes_per_entry", wire_bytes(whole) / count},
                {"table_bytes_per_entry", dataplane->table_bytes() / count}};
    }
};

/// A snapshot into empty tables, from send_snapshot() to its acknowledgement.
measured table_load(std::uint32_t endpoints, bool neighbours) {
    auto subject = std::make_shared<load_subject>();
    subject->whole = make_state(endpoints, neighbours);
    return {.run = [subject] { return subject->load(); },
            .before_slice = [subject] { subject->start(); },
            .one_unit_a_slice = true,
            .report = [subject] { return subject->report(); }};
}

/// The same snapshot again: what a restart of control costs.
measured table_reload(std::uint32_t endpoints) {
    auto subject = std::make_shared<load_subject>();
    subject->whole = make_state(endpoints, false);
    subject->start();
    subject->load();
    subject->times = {};
    return {.run = [subject] { return subject->load(); },
            .one_unit_a_slice = true,
            .report = [subject] { return subject->report(); }};
}

/// Deltas of 1,000 changes on tables of a million: half of them move a MAC to another peer, a quarter each
/// add and remove one.
measured table_update(std::uint32_t endpoints) {
    constexpr std::uint32_t changes = 1000;
    auto subject = std::make_shared<load_subject>();
    subject->whole = make_state(endpoints, false);
    subject->start();
    subject->load();
    auto keys = std::make_shared<std::vector<api::forwarding_key>>();
    for (const auto& [key, target] : subject->whole->forwarding) keys->push_back(key);
    auto round = std::make_shared<std::uint32_t>(0);
    return {.run = [subject, keys, round] {
        std::uint64_t last = 0;
        for (int batch = 0; batch < 20; ++batch) {
            api::delta change;
            ++*round;
            for (std::uint32_t i = 0; i < changes / 2; ++i) {
                const std::size_t at = (std::size_t{*round} * 7919 + i * 104'729ULL) % keys->size();
                change.upserts.forwarding.emplace_back(
                    (*keys)[at], ip_address::from_v4(0xc0a8'0000 + (*round + i) % peers));
            }
            for (std::uint32_t i = 0; i < changes / 2; ++i) {
                const api::forwarding_key extra{*vni::from(4096 + i % overlays),
                                                mac_address::from_u64(0x0400'0000'0000 + i)};
                if (*round % 2 == 1) {
                    change.upserts.forwarding.emplace_back(extra, ip_address::from_v4(0xc0a8'0000));
                } else {
                    change.removals.forwarding.push_back(extra);
                }
            }
            last = subject->control->send(std::move(change));
        }
        subject->control->wait(last);
        return std::uint64_t{20} * changes;
    }};
}

const registration loads([] {
    add_group({{.name = "table_load/1000000", .make = [] { return table_load(1'000'000, false); }}});
    add_group(
        {{.name = "table_load_with_neighbours/1000000", .make = [] { return table_load(1'000'000, true); }}});
    add_group({{.name = "table_reload/1000000", .make = [] { return table_reload(1'000'000); }}});
    add_group({{.name = "table_update/1000000", .make = [] { return table_update(1'000'000); }}});
});

}  // namespace
}  // namespace waggle::bench
