#include "dataplane/process/dataplane.hh"

#include <algorithm>
#include <filesystem>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "dataplane/port/interface.hh"
#include "dataplane/process/log.hh"

namespace waggle {
namespace {

/// As nanoseconds() of a worker's context.
std::uint64_t worker_nanoseconds() {
    return static_cast<std::uint64_t>(static_cast<double>(rte_rdtsc()) * 1e9 /
                                      static_cast<double>(rte_get_tsc_hz()));
}

int run_worker(void* self) {
    static_cast<worker*>(self)->run();
    return 0;
}

/// What a buffer must hold; DPDK's own NICs start with 1500.
unsigned largest_underlay_mtu(const config::node& node) {
    unsigned largest = 1500;
    for (const config::underlay_port& port : node.underlay)
        if (const auto* packet = std::get_if<config::packet_underlay>(&port.kind))
            largest = std::max<unsigned>(largest, interface_mtu(packet->interface).value_or(0));
    // The loopback interface's 65,536 would make every buffer a large one, for tests only.
    return std::min(largest, 9600U);
}

}  // namespace

dataplane::dataplane(const config::node& node, bool hugepages, std::uint16_t esp_udp_port)
    : _node(node),
      _hugepages(hugepages),
      _esp_udp_port(esp_udp_port),
      _rcu(node.worker_count()),
      _tables(_rcu),
      _meters(node.worker_count()) {
}

result<std::unique_ptr<dataplane>> dataplane::start(const config::node& node, bool hugepages,
                                                    std::uint16_t esp_udp_port) {
    std::unique_ptr<dataplane> made(new dataplane(node, hugepages, esp_udp_port));
    if (result<void> done = made->make_memory(); !done) return done.failure();
    if (result<void> done = made->make_workers(); !done) return done.failure();
    if (result<void> done = made->open_doors(); !done) return done.failure();
    if (result<void> done = made->launch_workers(); !done) return done.failure();
    return made;
}

dataplane::~dataplane() {
    for (const auto& worker : _workers) worker->stop();
    if (_running) rte_eal_mp_wait_lcore();
    _server.reset();
    _applier.reset();
    _ports.reset();
    _writer.reset();
    _rcu.synchronize();
    _rings.clear();
    _workers.clear();
    free_packet_pools(_pools);
}

result<void> dataplane::make_memory() {
    result<packet_pools> pools = make_packet_pools({.memory_megabytes = _node.memory_megabytes,
                                                    .underlay_mtu = largest_underlay_mtu(_node),
                                                    .workers = _node.worker_count(),
                                                    .hugepages = _hugepages});
    if (!pools) return pools.failure();
    _pools = *pools;
    return {};
}

result<void> dataplane::make_workers() {
    const unsigned count = _node.worker_count();
    _writer = std::make_unique<table_writer>(_tables, _rcu, count);
    std::vector<worker*> all;
    for (unsigned i = 0; i < count; ++i) {
        worker_context context;
        context.tables = &_tables;
        context.no_overlay_counters = _writer->no_overlay_counters(i);
        context.takes_offloads = &_offloads;
        context.packet_pool = _pools.packet;
        context.vtep_v4 = _node.vtep_v4;
        context.vtep_v6 = _node.vtep_v6;
        context.esp_udp_port = _esp_udp_port;
        context.worker = i;
        _workers.push_back(std::make_unique<worker>(context, _directory, _rcu, _node.idle));
        all.push_back(_workers.back().get());
    }
    const vxlan_filter_options filter{_node.vtep_v4, _node.vtep_v6, _node.udp_port, _esp_udp_port};
    _ports = std::make_unique<port_registry>(
        port_registry::shared_state{_rcu, _directory, _offloads, _pools, filter}, all);
    result<std::vector<std::unique_ptr<handover>>> rings = connect_workers(all);
    if (!rings) return rings.failure();
    _rings = *std::move(rings);
    return {};
}

result<void> dataplane::open_doors() {
    std::error_code failed;
    std::filesystem::create_directories(_node.runtime_directory, failed);
    if (failed)
        return error{"cannot make the directory " + _node.runtime_directory + ": " + failed.message()};
    // First of all: another dataplane at work is told from another user of its UDP port.
    _applier = std::make_unique<api::applier>(*_writer, *_ports, _node.udp_port, worker_nanoseconds);
    api::server_options options;
    options.path = _node.dataplane_socket();
    options.node = _node.name;
    options.fill_status = [this](api::status_report& report) { fill_status(report); };
    result<std::unique_ptr<api::server>> server = api::server::listen(std::move(options), *_applier);
    if (!server) return server.failure();
    _server = *std::move(server);

    const bool kernel_has_nics = std::ranges::any_of(_node.underlay, [](const config::underlay_port& port) {
        return std::holds_alternative<config::packet_underlay>(port.kind);
    });
    if (kernel_has_nics) {
        result<esp_guard> esp = esp_guard::open(_node.vtep_v4, _node.vtep_v6);
        if (!esp) return esp.failure();
        _esp_guard = *std::move(esp);
    }
    if (_esp_udp_port != 0) {
        result<udp_guard> guard = udp_guard::open_for_esp(_node.vtep_v4, _node.vtep_v6, _esp_udp_port);
        if (!guard) return guard.failure();
        _esp_udp_guard = *std::move(guard);
    }
    for (const config::underlay_port& port : _node.underlay)
        if (result<void> done = _ports->open_underlay(port); !done) return done;
    return {};
}

result<void> dataplane::launch_workers() {
    _running = true;
    for (unsigned i = 0; i < _workers.size(); ++i)
        if (rte_eal_remote_launch(run_worker, _workers[i].get(), i + 1) != 0)
            return error{"worker " + std::to_string(i) + " can't be started"};
    return {};
}

void dataplane::check() {
    for (const api::event& happened : _ports->check()) _server->publish(happened);
    for (const std::string& text : _ports->news()) log_warning(text);
    for (const api::event& happened : _applier->associations().check()) _server->publish(happened);
    if (_esp_udp_guard)
        for (const auto& [vtep, port] : _applier->associations().take_keepalives())
            _esp_udp_guard->send_keepalive(vtep, port);
    for (unsigned i = 0; i < _workers.size(); ++i) {
        const worker_statistics& counted = _workers[i]->statistics();
        _meters[i].read(counted.busy_ticks.read(), counted.idle_ticks.read());
    }
}

void dataplane::fill_status(api::status_report& report) const {
    for (unsigned i = 0; i < _workers.size(); ++i)
        report.workers.push_back(
            {i, _workers[i]->statistics().cpu.load(std::memory_order_relaxed), _meters[i].share()});
    for (const rte_mempool* pool : {_pools.packet, _pools.large}) {
        report.buffers_in_use += rte_mempool_in_use_count(pool);
        report.buffers_total += pool->size;
    }
    rte_malloc_socket_stats memory{};
    for (unsigned i = 0; i < rte_socket_count(); ++i)
        if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &memory) == 0) {
            report.memory_used += memory.heap_allocsz_bytes;
            report.memory_total += memory.heap_totalsz_bytes;
        }
    report.hugepages = _hugepages;
}

}  // namespace waggle
