#include <algorithm>
#include <ctime>
#include <malloc.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "bench/harness.hh"
#include "bench/served_tables.hh"
#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/node/gossip_node.hh"
#include "control/overlay/desired_state.hh"
#include "control/overlay/reconciler.hh"
#include "control/overlay/swarm_places.hh"
#include "dataplane/api/owner_session.hh"

/// What the gossip's table events cost a host: from the packet to the acknowledged change of the dataplane's
/// tables, through a real socket.
namespace waggle::bench {
namespace {

using gossip::time_point;
using networkdb::lamport_time;

constexpr const char* network = "blue";
constexpr const char* peer_name = "00000000beef";
const gossip::ip_endpoint self_address{ip_address::from_v4(0xc0a8'0001), 7946};
const gossip::ip_endpoint peer_address{ip_address::from_v4(0xc0a8'0002), 7946};

double cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}
double heap_bytes() {
    const struct mallinfo2 used = mallinfo2();
    return static_cast<double>(used.uordblks) + static_cast<double>(used.hblkhd);
}

gossip::bytes user_message(const std::string& message) {
    constexpr std::uint8_t user = 8;
    gossip::bytes whole(1 + message.size(), user);
    std::ranges::copy(gossip::view_of(message), whole.begin() + 1);
    return whole;
}

/// Keys as engines make them: 64 hexadecimal digits.
std::string key_of(std::uint32_t number) {
    constexpr char digits[] = "0123456789abcdef";
    std::uint64_t state = number + 1;
    std::string key;
    while (key.size() < 64) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        key += digits[state >> 60];
    }
    return key;
}

/// The peer has an endpoint at this address.
networkdb::table_event event_of(std::uint32_t number, lamport_time time, networkdb::table_change change) {
    const auto address = ip_address::from_v4(0x0a00'0002 + number);
    networkdb::peer_record record{{address, 8}, mac_address::derived_from(address), peer_address.ip};
    return {change,
            time,
            peer_name,
            network,
            networkdb::overlay_peer_table,
            key_of(number),
            networkdb::encode(record),
            change == networkdb::table_change::remove ? 1800 : 0};
}

/// It has a name, as engines tell it of a service's task.
networkdb::table_event name_event_of(std::uint32_t number, lamport_time time) {
    networkdb::table_event event = event_of(number, time, networkdb::table_change::create);
    networkdb::endpoint_record record;
    record.name = "web." + std::to_string(number) + ".0123456789abcdefghijklmno";
    record.service_name = "web";
    record.service_id = "abcdefghijklmnopqrstuvwxy";
    record.virtual_ip = ip_address::from_v4(0x0aff'ff00);
    record.address = ip_address::from_v4(0x0a00'0002 + number);
    record.task_aliases = {key_of(number).substr(0, 12)};
    event.table = networkdb::endpoint_table;
    event.value = networkdb::encode(record);
    return event;
}

/// Five events a packet, as many as engines put into one.
std::vector<gossip::bytes> packets_of(const std::vector<networkdb::table_event>& events) {
    std::vector<gossip::bytes> packets;
    std::vector<std::string> parts;
    for (const networkdb::table_event& each : events) {
        parts.push_back(networkdb::encode(each));
        if (parts.size() < 5) continue;
        packets.push_back(user_message(networkdb::encode_compound(parts)));
        parts.clear();
    }
    if (!parts.empty()) packets.push_back(user_message(networkdb::encode_compound(parts)));
    return packets;
}

/// The way of a table event through control, as swarm_thread, swarm_host and agent lead it, on one thread.
class control_path {
public:
    control_path() : _node(settings(), _now), _tables(settings().members.name) {
        _file.node.name = "self";
        _file.node.vtep_v4 = self_address.ip;
        config::overlay overlay;
        overlay.name = network;
        overlay.id = *vni::from(4096);
        overlay.subnets = {{ip_address::from_v4(0x0a00'0000), 8}};
        _file.overlays = {overlay};
        _node.on_change([this](std::vector<networkdb::entry_change> changes, time_point) { take(changes); });
        _node.start(_now);
        check(_node.tables().join_network(network, _now));
        _node.tables().node_joined(peer_name, peer_address, _now);
        hear(networkdb::encode(
            networkdb::network_event{networkdb::membership_change::join, 5, peer_name, network}));
        networkdb::host_record host{"peer", peer_address.ip, std::nullopt, {}};
        hear(networkdb::encode(networkdb::table_event{networkdb::table_change::create, 5, peer_name, network,
                                                      networkdb::host_table, peer_name,
                                                      networkdb::encode(host), 0}));
        compute();
    }

    /// Sends to a dataplane from here on.
    void connect(const std::string& path) {
        _session = std::make_unique<api::owner_session>(
            _context, path,
            api::owner_session::handlers{
                .connected = [this](std::uint64_t instance,
                                    std::uint64_t) { _reconciler.connected(instance, {}, {}); },
                .acknowledged =
                    [this](std::uint64_t generation) {
                        if (generation != _sent) return;
                        _reconciler.acknowledged();
                        drive();
                    },
                .refused = [](std::uint64_t,
                              const std::string& why) { throw std::runtime_error("refused: " + why); },
                .disconnected = [](const std::string& why) { throw std::runtime_error(why); },
                .event = nullptr});
        while (!_reconciler.is_connected()) _context.run_one();
        drive();
        finish();
    }

    void receive(const gossip::bytes& packet) {
        _node.receive_packet(peer_address, packet, _now);
        // What a host has to tell others leaves by its own clock: here five times for a thousand packets.
        if (++_packets % 200 == 0) {
            _now += std::chrono::milliseconds(200);
            _node.advance(_now);
        }
        _node.take_effects();
        _context.poll();
    }
    /// Until everything is acknowledged.
    void finish() {
        while (_reconciler.is_in_flight()) _context.run_one();
        if (!_reconciler.diff().empty()) throw std::runtime_error("not all changes were sent");
    }
    std::size_t forwarding() const { return _reconciler.desired()->forwarding.size(); }
    unsigned computed() const { return _computed; }

private:
    static gossip::gossip_node_settings settings() {
        gossip::gossip_node_settings how;
        how.members.name = "00000000cafe";
        how.members.advertise = self_address;
        return how;
    }
    static void check(const result<void>& done) {
        if (!done) throw std::runtime_error(done.failure().message);
    }
    void hear(const std::string& message) { _node.receive_packet(peer_address, user_message(message), _now); }
    void compute() {
        ++_computed;
        _tables.take_touched();
        swarm_config all = control::add_swarm(_file, _tables, {});
        auto wanted = std::make_shared<api::state>(control::compute_desired_state(all.config, {}).state);
        _places.reset(_file, all.config, all.given, _tables, *wanted);
        _reconciler.desire(std::move(wanted), {});
    }
    void take(const std::vector<networkdb::entry_change>& changes) {
        auto news = control::table_news::nothing;
        for (const networkdb::entry_change& each : changes) news = std::max(news, _tables.apply(each, {}));
        if (news == control::table_news::nothing || !_reconciler.desired()) return;
        const auto change = _places.follow(_tables, _tables.take_touched(), *_reconciler.desired());
        if (change)
            _reconciler.amend(*change, {});
        else
            compute();
        drive();
    }
    void drive() {
        if (!_session) return;
        while (auto batch = _reconciler.next({}))
            _sent = *(batch->snapshot ? _session->send_snapshot(batch->snapshot)
                                      : _session->send_delta(std::move(batch->change)));
    }

    using swarm_config = control::swarm_config;
    time_point _now{std::chrono::hours(1)};
    config::config _file;
    gossip::gossip_node _node;
    control::swarm_tables _tables;
    control::swarm_places _places;
    control::reconciler _reconciler;
    boost::asio::io_context _context;
    std::unique_ptr<api::owner_session> _session;
    std::uint64_t _sent = 0;
    std::uint64_t _packets = 0;
    unsigned _computed = 0;
};

/// The best of several runs, by time and by what all threads together worked.
struct best_of {
    double seconds = 0;
    double worked = 0;
    void add(double time, double work) {
        seconds = seconds == 0 ? time : std::min(seconds, time);
        worked = worked == 0 ? work : std::min(worked, work);
    }
};

struct subject {
    std::vector<gossip::bytes> packets;
    std::size_t events = 0;
    std::unique_ptr<served_tables> dataplane;
    std::unique_ptr<control_path> control;
    best_of best;

    void start() {
        control.reset();
        dataplane = std::make_unique<served_tables>();
        control = std::make_unique<control_path>();
        control->connect(dataplane->path());
    }
    std::uint64_t run() {
        const std::uint64_t from = ticks();
        const double worked = cpu_seconds();
        for (const gossip::bytes& each : packets) control->receive(each);
        control->finish();
        best.add(static_cast<double>(ticks() - from) / ticks_per_second(), cpu_seconds() - worked);
        if (control->computed() != 1) throw std::runtime_error("a change made everything be computed anew");
        return events;
    }
    std::map<std::string, double> report() const {
        const auto count = static_cast<double>(events);
        return {{"seconds_best", best.seconds},
                {"events_per_second", count / best.seconds},
                {"events_per_cpu_second", count / best.worked}};
    }
};

measured measure(const std::shared_ptr<subject>& what) {
    return {.run = [what] { return what->run(); },
            .before_slice = [what] { what->start(); },
            .one_unit_a_slice = true,
            .report = [what] { return what->report(); }};
}

/// So many entries come, in packets; then half as many go.
measured events(std::uint32_t count) {
    auto made = std::make_shared<subject>();
    std::vector<networkdb::table_event> all;
    for (std::uint32_t i = 0; i < count * 2 / 3; ++i)
        all.push_back(event_of(i, 10 + i, networkdb::table_change::create));
    for (std::uint32_t i = 0; all.size() < count; ++i)
        all.push_back(event_of(i, 10 + count + i, networkdb::table_change::remove));
    made->packets = packets_of(all);
    made->events = all.size();
    return measure(made);
}

networkdb::table_event place_event_of(std::uint32_t number, lamport_time time) {
    return event_of(number, time, networkdb::table_change::create);
}

/// So many entries come by one bulk sync.
std::vector<gossip::bytes> bulk_sync_of(std::uint32_t count,
                                        networkdb::table_event (*made)(std::uint32_t, lamport_time)) {
    std::vector<std::string> parts;
    for (std::uint32_t i = 0; i < count; ++i) parts.push_back(networkdb::encode(made(i, 10 + i)));
    const networkdb::bulk_sync sync{
        10 + count, false, peer_name, {network}, networkdb::encode_compound(parts)};
    return {user_message(networkdb::encode(sync))};
}

measured bulk_sync(std::uint32_t count) {
    auto made = std::make_shared<subject>();
    made->packets = bulk_sync_of(count, place_event_of);
    made->events = count;
    return measure(made);
}

/// Heap memory of everything that control keeps for a place, from the gossip to the desired state, and for
/// its name, which goes no further than the swarm's tables.
measured memory(std::uint32_t count) {
    double per_place = 0;
    double per_name = 0;
    {
        const auto places = bulk_sync_of(count, place_event_of);
        const auto names = bulk_sync_of(count, name_event_of);
        const double before = heap_bytes();
        control_path control;
        control.receive(places.front());
        if (control.forwarding() != count) throw std::runtime_error("entries are missing");
        const double with_places = heap_bytes();
        control.receive(names.front());
        per_place = (with_places - before) / count;
        per_name = (heap_bytes() - with_places) / count;
    }
    return {.report = [=] {
        return std::map<std::string, double>{{"heap_bytes_per_entry", per_place},
                                             {"heap_bytes_per_name", per_name}};
    }};
}

const registration gossip_to_tables([] {
    add_group({{.name = "gossip_events/100000", .make = [] { return events(100'000); }}});
    add_group({{.name = "gossip_bulk_sync/100000", .make = [] { return bulk_sync(100'000); }}});
    // Indices are more or less full.
    for (const std::uint32_t count : {80'000U, 100'000U, 120'000U})
        add_group(
            {{.name = "gossip_memory/" + std::to_string(count), .make = [=] { return memory(count); }}});
});

}  // namespace
}  // namespace waggle::bench
