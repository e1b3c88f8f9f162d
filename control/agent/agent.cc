#include "control/agent/agent.hh"

#include <algorithm>
#include <set>
#include <sodium/randombytes.h>
#include <span>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "control/netlink/namespace.hh"
#include "control/overlay/tunnel_ends.hh"
#include "control/overlay/underlay_mtu.hh"
#include "control/underlay/underlay_settings.hh"
#include "dataplane/api/reader_client.hh"

namespace waggle::control {
namespace {

using std::chrono::steady_clock;

/// How long the first snapshot waits for the kernel to tell the next hops: without any answer, and for the
/// hops themselves while the dataplane forwards with those of an earlier life.
constexpr std::chrono::seconds patience_for_answers{5};
constexpr std::chrono::seconds patience_for_hops{2};
constexpr std::chrono::seconds patience_for_swarm{15};
constexpr std::chrono::milliseconds hop_check_interval{50};
constexpr std::chrono::seconds mtu_check_interval{5};

void random_bytes(std::span<std::uint8_t> bytes) {
    randombytes_buf(bytes.data(), bytes.size());
}

std::uint64_t milliseconds_since_1970() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

/// Access ports that the dataplane has open; empty if it does not tell.
std::set<std::string> open_access_ports(const std::string& socket) {
    std::set<std::string> names;
    auto client = api::reader_client::connect(socket, std::chrono::seconds(1));
    if (!client) return names;
    auto ports = client->ports();
    if (!ports) return names;
    for (const api::port_report& port : *ports)
        if (port.role == api::port_role::access) names.insert(port.name);
    return names;
}

}  // namespace

agent::agent(boost::asio::io_context& context, std::string config_path, runtime_endpoints endpoints,
             key_material keys, ready_callback ready)
    : _context(context),
      _config_path(std::move(config_path)),
      _endpoints(std::move(endpoints)),
      _ready(std::move(ready)),
      _started(steady_clock::now()),
      _swarm_reachable_since(_started),
      _lives(node().state_directory),
      _saved_keys(node().runtime_directory),
      _encryption(random_bytes, [this] { return _lives.next(milliseconds_since_1970()); }),
      _drive_timer(context),
      _hop_timer(context),
      _mtu_timer(context),
      _stop_timer(context),
      _encryption_timer(context),
      _swarm_timer(context),
      _join_timer(context),
      _gossip_timer(context) {
    _file_keys = std::move(keys);
    _overlays_with_keys = _endpoints.file().overlays;
    configure_encryption(_endpoints.file());
    if (const auto saved = _saved_keys.read()) _encryption.resume(*saved, steady_clock::now());
}

agent::~agent() {
    if (_remover.joinable()) _remover.join();
}

result<void> agent::start() {
    std::string name = namespace_name();
    auto own = netlink::open_or_create_named_namespace(name);
    if (!own) return error{own.failure().message};
    _facts.waggle_namespace = netlink::namespace_path(name);
    _facts.underlay_mtus = read_underlay_mtus(node());
    if (auto opened = open_membership(); !opened) return opened;
    for (const auto& [endpoint, reason] : _endpoints.set_aside())
        spdlog::warn("endpoint {} was attached at run time and is set aside: {}", endpoint, reason);

    _underlay = underlay_settings_of(node());
    _resolver = std::make_unique<next_hop_resolver>(
        _context, _underlay, [this](const std::vector<hop_status>& changed) { on_next_hops(changed); });
    if (auto started = _resolver->start(); !started) return started;
    _links = std::make_unique<container_links>(
        _context, container_links::settings{node().name, _facts.waggle_namespace},
        [this](const link_status& status) { on_link_status(status); });
    if (auto started = _links->start(); !started) return started;

    if (auto joined = join_swarm(); !joined) return joined;
    wait_for_encryption();
    recompute();
    connect_session();
    auto served = http_server::listen(_context, node().control_socket(),
                                      [this](const http_request& request) { return answer(*this, request); });
    if (!served) return served.failure();
    _api = std::move(*served);
    read_mtus_again();
    return {};
}

std::string agent::namespace_name() const {
    return "waggle-" + node().name;
}

void agent::follow_vteps() {
    // A Docker swarm has a UDP port of its own.
    if (underlay_settings now = underlay_settings_of(_effective.node); now != _underlay) {
        _underlay = now;
        _resolver->set_settings(std::move(now));
    }
    std::set<ip_address> vteps;
    for (const config::peer& peer : _effective.peers)
        if (auto chosen = chosen_vtep(node(), peer)) vteps.insert(*chosen);
    std::erase_if(_facts.next_hops, [&](const auto& entry) { return !vteps.contains(entry.first); });
    std::erase_if(_hop_reasons, [&](const auto& entry) { return !vteps.contains(entry.first); });
    if (std::ranges::equal(_vteps, vteps) && !_vteps.empty()) return;
    _vteps.assign(vteps.begin(), vteps.end());
    _resolver->set_vteps(_vteps);
}

void agent::recompute() {
    // While stopping, the target is nothing.
    if (_stopped) return;
    const auto began = steady_clock::now();
    follow_swarm();
    follow_vteps();
    _facts.associations = _encryption.associations(steady_clock::now());
    _desired = compute_desired_state(_effective, _facts);
    changing_state wanted = std::make_shared<api::state>(std::move(_desired.state));
    _desired.state = {};
    if (const shared_state before = _reconciler.desired())
        wanted = with_ports_of(wanted, _gate.taps_in_use(), *before);
    follow_places_from(*wanted);
    _recompute_took = steady_clock::now() - began;
    _reconciler.desire(std::move(wanted), steady_clock::now());
    update_links();
    drive();
    if (_encryption.is_rotating()) step_rotation();
}

void agent::recompute_soon() {
    if (std::exchange(_recompute_posted, true)) return;
    boost::asio::post(_context, [this] {
        _recompute_posted = false;
        recompute();
    });
}

void agent::update_links() {
    if (!_synchronized) return;
    std::vector<container_link> links = _gate.open(_desired.links, _reconciler.in_force());
    if (links == _links_handed_over) return;
    _links_handed_over = links;
    _links->set_desired(std::move(links));
}

void agent::drive() {
    while (auto batch = _reconciler.next(steady_clock::now())) {
        auto generation = batch->snapshot ? _session->send_snapshot(batch->snapshot)
                                          : _session->send_delta(std::move(batch->change));
        if (!generation) {
            // Lost in this moment; the session says so next.
            _reconciler.disconnected();
            break;
        }
        _generation_sent = *generation;
    }
    for (const reconciler::message& each : _reconciler.take_messages())
        spdlog::log(each.problem ? spdlog::level::err : spdlog::level::info, "{}", each.text);
    auto wake = _reconciler.wake_at();
    if (!wake) {
        _drive_timer.cancel();
        return;
    }
    _drive_timer.expires_at(*wake);
    _drive_timer.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) drive();
    });
}

void agent::read_mtus_again() {
    _mtu_timer.expires_after(mtu_check_interval);
    _mtu_timer.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        auto mtus = read_underlay_mtus(node());
        // An interface that is gone keeps the MTU that it had: it most likely comes back with it.
        for (const auto& [port, mtu] : _facts.underlay_mtus) mtus.try_emplace(port, mtu);
        if (mtus != _facts.underlay_mtus) {
            _facts.underlay_mtus = std::move(mtus);
            recompute_soon();
        }
        read_mtus_again();
    });
}

void agent::connect_session() {
    _session = std::make_unique<api::owner_session>(
        _context, node().dataplane_socket(),
        api::owner_session::handlers{
            .connected = [this](std::uint64_t instance,
                                std::uint64_t applied) { on_connected(instance, applied); },
            .acknowledged = [this](std::uint64_t generation) { on_acknowledged(generation); },
            .refused = [this](std::uint64_t generation,
                              const std::string& reason) { on_refused(generation, reason); },
            .disconnected = [this](const std::string& reason) { on_disconnected(reason); },
            .event = [this](const api::event& happened) { on_event(happened); },
        });
}

void agent::on_connected(std::uint64_t instance, std::uint64_t applied_generation) {
    spdlog::info("connected to waggle-dataplane{}",
                 applied_generation != 0 ? ", which forwards with the state of an earlier owner" : "");
    if (_encryption.dataplane_is(instance, steady_clock::now()))
        spdlog::info("the dataplane is another one; all associations get new keys");
    encryption_changed();
    _pending = pending_connection{instance, applied_generation};
    begin_session();
}

bool agent::hops_are_known() {
    auto waited = steady_clock::now() - _started;
    if (_emptying) return true;
    // A snapshot without what the swarm says would take the ways to its hosts away.
    if (_pending && _pending->applied_generation != 0 && !swarm_is_known()) {
        const auto now = steady_clock::now();
        if (waits_for_managers()) _swarm_reachable_since = now;
        if (now - _swarm_reachable_since < patience_for_swarm) return false;
    }
    if (waited >= patience_for_answers) return true;
    bool forwards_already = _pending && _pending->applied_generation != 0;
    for (const ip_address& vtep : _vteps) {
        auto known = _facts.next_hops.find(vtep);
        if (known == _facts.next_hops.end()) return false;
        if (!known->second && forwards_already && waited < patience_for_hops) return false;
    }
    return true;
}

void agent::begin_session() {
    if (!_pending) return;
    if (!hops_are_known()) {
        _hop_timer.expires_after(hop_check_interval);
        _hop_timer.async_wait([this](boost::system::error_code cancelled) {
            if (!cancelled) begin_session();
        });
        return;
    }
    pending_connection begun = *std::exchange(_pending, std::nullopt);
    std::set<std::string> open;
    if (begun.applied_generation != 0) open = open_access_ports(node().dataplane_socket());
    // What was heard since the last computation, next hops above all, belongs into the snapshot.
    if (_recompute_posted) recompute();
    _reconciler.connected(begun.instance, std::move(open), steady_clock::now());
    drive();
}

void agent::on_acknowledged(std::uint64_t generation) {
    _generation_acknowledged = generation;
    if (generation != _generation_sent) return;
    const bool more_than_entries = _reconciler.acknowledged();
    if (_emptying) {
        if (_reconciler.in_force()->ports.empty()) return finish_stop();
    } else if (!_stopped) {
        const bool first = !std::exchange(_synchronized, true);
        if (first || more_than_entries) update_links();
        announce_ready();
    }
    drive();
    step_rotation();
}

void agent::on_refused(std::uint64_t generation, const std::string& reason) {
    if (generation != _generation_sent) return;
    _reconciler.refused(reason, steady_clock::now());
    drive();
    announce_ready();
}

void agent::on_disconnected(const std::string& reason) {
    spdlog::warn("not connected to waggle-dataplane: {}", reason);
    _pending.reset();
    _reconciler.disconnected();
    if (_emptying) return finish_stop();
    drive();
    announce_ready();
}

void agent::on_next_hops(const std::vector<hop_status>& changed) {
    for (const hop_status& each : changed) {
        auto known = _facts.next_hops.find(each.vtep);
        bool before = known != _facts.next_hops.end() && known->second;
        // That a new VTEP has to be looked up first is no trouble yet.
        if (!each.hop && (before || _hop_reasons[each.vtep] != each.reason))
            spdlog::log(known == _facts.next_hops.end() ? spdlog::level::info : spdlog::level::warn,
                        "no way to VTEP {}: {}", each.vtep.to_string(), each.reason);
        if (each.hop && !before) spdlog::info("VTEP {} is reachable", each.vtep.to_string());
        _facts.next_hops[each.vtep] = each.hop;
        _hop_reasons[each.vtep] = each.reason;
    }
    recompute_soon();
}

void agent::on_link_status(const link_status& status) {
    if (status.condition == link_condition::failed)
        spdlog::warn("endpoint {}: {}", status.endpoint, status.reason);
    bool removed = status.condition == link_condition::removed;
    _gate.reported(status);
    // A TAP may have waited for it.
    if (removed) recompute_soon();
}

void agent::announce_ready() {
    if (auto ready = std::exchange(_ready, nullptr)) ready();
}

}  // namespace waggle::control
