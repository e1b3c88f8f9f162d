#include "tests/unit/worker/lab_host.hh"

#include <algorithm>

namespace waggle {

lab_host::lab_host(const lab_namespace& place, const settings& wanted, const packet_pools& buffers)
    : underlay(place),
      pools(buffers),
      vtep(wanted.vtep),
      udp_port(wanted.udp_port),
      rcu(wanted.workers),
      tables(rcu),
      writer(tables, rcu, wanted.workers) {
    std::vector<worker*> all;
    for (unsigned i = 0; i < wanted.workers; ++i) {
        worker_context context;
        context.tables = &tables;
        context.no_overlay_counters = writer.no_overlay_counters(i);
        context.takes_offloads = &offloads;
        context.packet_pool = pools.packet;
        (vtep.is_v4() ? context.vtep_v4 : context.vtep_v6) = vtep;
        context.worker = i;
        workers.push_back(std::make_unique<worker>(context, directory, rcu, wanted.idle));
        all.push_back(workers.back().get());
    }
    vxlan_filter_options filter;
    (vtep.is_v4() ? filter.vtep_v4 : filter.vtep_v6) = vtep;
    filter.udp_port = udp_port;
    ports = std::make_unique<port_registry>(
        port_registry::shared_state{rcu, directory, offloads, pools, filter}, all);
    rings = expect_ok(connect_workers(all));
    overlay = expect_ok(writer.create_overlay(vni::from(7).value(), {.mtu = 1450}));
    writer.commit();
    all.resize(std::min<std::size_t>(all.size(), wanted.running));
    for (worker* one : all) threads.emplace_back([one] { one->run(); });
}

lab_host::~lab_host() {
    for (const auto& one : workers) one->stop();
    for (std::thread& thread : threads) thread.join();
    ports.reset();
    rcu.synchronize();
}

void lab_host::open_underlay(const config::underlay_port& wanted) {
    const auto visit = expect_ok(namespace_visit::enter(underlay.path()));
    const result<void> done = ports->open_underlay(wanted);
    if (!done) throw std::runtime_error(done.failure().message);
}

result<void> lab_host::set_udp_port(std::uint16_t port) {
    const auto visit = expect_ok(namespace_visit::enter(underlay.path()));
    return ports->set_udp_port(port);
}

port_index lab_host::open_tap(const lab_namespace& place, const std::string& name) {
    const api::access_port wanted{vni::from(7).value(), 1450, api::tap_port{"wtap0", place.path()}};
    const port_index port = expect_ok(ports->open(name, wanted));
    ports->bind(port, overlay);
    return port;
}

void lab_host::add_remote(const ip_address& remote, const mac_address& vtep_mac, const mac_address& own_mac,
                          const mac_address& endpoint, const ip_address& endpoint_ip) {
    vtep_parameters way;
    way.remote = remote;
    way.source = vtep;
    way.source_mac = own_mac;
    way.destination_mac = vtep_mac;
    way.udp_port = udp_port;
    way.path_mtu = 1500;
    way.port = ports->underlay("up").value();
    const vtep_index index = expect_ok(writer.create_vtep(make_vtep_entry(way)));
    writer.add_member(overlay, index);
    writer.upsert_forwarding(overlay, endpoint, forwarding_value::remote(index));
    writer.upsert_neighbour(overlay, endpoint_ip, endpoint);
    writer.commit();
}

void lab_host::add_local(port_index port, const mac_address& endpoint, const ip_address& endpoint_ip) {
    writer.upsert_forwarding(overlay, endpoint, forwarding_value::local(port));
    writer.upsert_neighbour(overlay, endpoint_ip, endpoint);
    writer.commit();
}

std::uint64_t lab_host::dropped(drop_reason reason) const {
    std::uint64_t sum = 0;
    for (const overlay_index index : {no_overlay, overlay})
        for (unsigned i = 0; i < writer.workers(); ++i)
            sum += writer.counters(index, i).drops[static_cast<std::size_t>(reason)];
    return sum;
}

void lab_host::settle() {
    writer.commit();
    rcu.synchronize();
}

}  // namespace waggle
