#include "control/gossip/service/gossip_service.hh"

#include <array>
#include <future>
#include <openssl/rand.h>
#include <thread>
#include <utility>

#include "control/gossip/service/gossip_keys.hh"

namespace waggle::gossip {

namespace {

/// 12 hexadecimal digits, as stock engines take them.
std::string random_name() {
    std::array<unsigned char, 6> raw{};
    RAND_bytes(raw.data(), static_cast<int>(raw.size()));
    std::string name;
    for (const unsigned char byte : raw) {
        name += "0123456789abcdef"[byte >> 4];
        name += "0123456789abcdef"[byte & 15];
    }
    return name;
}

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&seed), sizeof seed);
    return seed;
}

std::vector<ip_endpoint> seeds_of(const config::gossip& how) {
    std::vector<ip_endpoint> seeds;
    for (const config::gossip_seed& seed : how.seeds) seeds.push_back({seed.address, seed.port});
    return seeds;
}

/// How long another thread is waited for: the gossip's own work takes milliseconds.
constexpr std::chrono::seconds patience{2};
constexpr std::chrono::seconds leave_patience{7};

}  // namespace

gossip_service::gossip_service(gossip_node_settings settings, config::gossip how)
    : _name(settings.members.name),
      _how(std::move(how)),
      _node(std::move(settings), monotonic_now()),
      _looked(monotonic_now()) {
}

result<std::unique_ptr<gossip_service>> gossip_service::start(const config::gossip& how, callbacks told) {
    result<keyring> keys = read_gossip_keys(how.keys);
    if (!keys) return error{"gossip.keys: " + keys.failure().message};
    gossip_node_settings settings;
    settings.members.name = random_name();
    settings.members.advertise = {how.advertise, how.port};
    settings.seeds = seeds_of(how);
    settings.random_seed = random_seed();
    std::unique_ptr<gossip_service> made(new gossip_service(std::move(settings), how));
    made->_fingerprints = keys->fingerprints();
    if (told.changed) made->_node.on_change(std::move(told.changed));
    transport_settings where;
    where.listen = {how.advertise, how.port};
    auto opened = transport::open(where, std::move(*keys), made->_node, std::move(told.log));
    if (!opened) return opened.failure();
    made->_transport = std::move(*opened);
    made->_transport->start([node = &made->_node](time_point now) { node->start(now); });
    return made;
}

gossip_service::~gossip_service() {
    if (_transport) _transport->stop();
}

result<void> gossip_service::reload(const config::gossip& how) {
    result<keyring> keys = read_gossip_keys(how.keys);
    if (!keys) return error{"gossip.keys: " + keys.failure().message};
    _fingerprints = keys->fingerprints();
    _transport->set_keys(std::move(*keys));
    if (how.seeds != _how.seeds)
        post([seeds = seeds_of(how)](gossip_node& node, time_point now) { node.set_seeds(seeds, now); });
    _how.seeds = how.seeds;
    _how.keys = how.keys;
    return {};
}

void gossip_service::post(std::function<void(gossip_node&, time_point)> work) {
    _transport->post([this, work = std::move(work)](time_point now) {
        work(_node, now);
        _node.touched(now);
    });
}

void gossip_service::leave() {
    post([](gossip_node& node, time_point now) { node.leave(now); });
    const time_point latest = monotonic_now() + leave_patience;
    while (monotonic_now() < latest) {
        auto finished = std::make_shared<std::promise<bool>>();
        post([finished](gossip_node& node, time_point) { finished->set_value(node.leave_finished()); });
        auto answer = finished->get_future();
        if (answer.wait_for(patience) != std::future_status::ready || answer.get()) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    _transport->stop();
}

void gossip_service::describe(gossip_view& view, const gossip_node& node, time_point now) const {
    view.connected = node.connected();
    for (const ip_endpoint& seed : node.seeds()) view.seeds.push_back(seed.to_string());
    view.network_clock = node.tables().network_time();
    view.table_clock = node.tables().table_time();
    view.broadcasts_waiting = node.members().broadcasts_waiting();
    view.events_waiting = node.tables().events_waiting();
    view.awareness = node.members().awareness();
    view.probes_failed = node.members().counters().probes_failed;
    view.refutations = node.members().counters().refutations;
    view.malformed = node.members().counters().malformed + node.tables().counters().undecodable;
    node.members().for_each([&](const member& who) {
        member_view one{who.name, who.address.to_string(), to_string(who.state), who.incarnation, -1};
        if (&who == &node.members().self()) {
            one.heard_seconds_ago = 0;
        } else if (who.last_heard != time_point{}) {
            one.heard_seconds_ago =
                std::chrono::duration_cast<std::chrono::seconds>(now - who.last_heard).count();
        }
        view.members.push_back(std::move(one));
    });
}

gossip_view gossip_service::view() {
    auto described = std::make_shared<std::promise<gossip_view>>();
    post([this, described](gossip_node& node, time_point now) {
        gossip_view view;
        describe(view, node, now);
        described->set_value(std::move(view));
    });
    auto answer = described->get_future();
    if (answer.wait_for(patience) != std::future_status::ready) {
        gossip_view view;
        view.problem = "the gossip's thread does not answer within 2 seconds; it is overloaded";
        return view;
    }
    gossip_view view = answer.get();
    view.name = _name;
    view.address = ip_endpoint{_how.advertise, _how.port}.to_string();
    view.keys = _fingerprints;
    const transport_counters& wire = _transport->counters();
    view.messages_received = wire.packets_received + wire.streams_accepted;
    view.messages_sent = wire.packets_sent + wire.streams_opened;
    view.bytes_received = wire.packet_bytes_received + wire.stream_bytes_received;
    view.bytes_sent = wire.packet_bytes_sent + wire.stream_bytes_sent;
    view.wrong_key = wire.wrong_key;
    view.not_sealed = wire.not_sealed;
    view.malformed += wire.malformed;
    const time_point now = monotonic_now();
    const double seconds = std::chrono::duration<double>(now - _looked).count();
    const auto rate = [&](std::uint64_t before, std::uint64_t after) {
        return seconds > 0 ? static_cast<double>(after - before) / seconds : 0.0;
    };
    view.messages_received_rate = rate(_last.messages_received, view.messages_received);
    view.messages_sent_rate = rate(_last.messages_sent, view.messages_sent);
    view.bytes_received_rate = rate(_last.bytes_received, view.bytes_received);
    view.bytes_sent_rate = rate(_last.bytes_sent, view.bytes_sent);
    _looked = now;
    _last = view;
    return view;
}

}  // namespace waggle::gossip
