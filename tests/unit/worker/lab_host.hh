#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/port/network_namespace.hh"
#include "dataplane/table/table_writer.hh"
#include "dataplane/worker/port_registry.hh"
#include "tests/unit/port/veth_pair.hh"

namespace waggle {

/// A dataplane without socket and process: tables, ports and workers on threads. Underlay ports are opened in
/// the namespace `underlay`.
class lab_host {
public:
    struct settings {
        unsigned workers = 1;
        config::idle_mode idle = config::idle_mode::adaptive;
        ip_address vtep = {};
        /// Of VXLAN: what it listens on at the start, and sends to.
        std::uint16_t udp_port = 4789;
        /// How many of the workers run; the others exist.
        unsigned running = ~0U;
    };
    lab_host(const lab_namespace& underlay, const settings& wanted, const packet_pools& pools);
    ~lab_host();

    void open_underlay(const config::underlay_port& wanted);
    /// Listens on another port from here on.
    result<void> set_udp_port(std::uint16_t port);
    /// A TAP wtap0 of overlay 7 in `place`, receiving.
    port_index open_tap(const lab_namespace& place, const std::string& name = "red");
    /// Where a remote endpoint is.
    void add_remote(const ip_address& vtep, const mac_address& vtep_mac, const mac_address& own_mac,
                    const mac_address& endpoint, const ip_address& endpoint_ip);
    void add_local(port_index port, const mac_address& endpoint, const ip_address& endpoint_ip);
    /// What all workers counted for the reason on overlay 7 and before the overlay was known.
    std::uint64_t dropped(drop_reason reason) const;
    /// Commits until what was removed is gone.
    void settle();

    const lab_namespace& underlay;
    packet_pools pools;
    ip_address vtep;
    std::uint16_t udp_port;
    rcu_domain rcu;
    waggle::tables tables;
    table_writer writer;
    port_directory directory;
    offload_flags offloads{};
    std::vector<std::unique_ptr<worker>> workers;
    std::vector<std::unique_ptr<handover>> rings;
    std::vector<std::thread> threads;
    std::unique_ptr<port_registry> ports;
    overlay_index overlay = no_overlay;
};

}  // namespace waggle
