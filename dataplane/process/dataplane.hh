#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "common/result.hh"
#include "config/config.hh"
#include "dataplane/api/applier.hh"
#include "dataplane/api/server.hh"
#include "dataplane/pipeline/worker_context.hh"
#include "dataplane/port/esp_guard.hh"
#include "dataplane/port/packet_pools.hh"
#include "dataplane/port/udp_guard.hh"
#include "dataplane/process/busy_meter.hh"
#include "dataplane/table/rcu_domain.hh"
#include "dataplane/table/table_writer.hh"
#include "dataplane/table/tables.hh"
#include "dataplane/worker/port_registry.hh"
#include "dataplane/worker/port_slot.hh"
#include "dataplane/worker/worker.hh"

namespace waggle {

/// Everything of a running dataplane, in the order in which it depends on each other. EAL is up.
class dataplane {
public:
    /// Opens the socket and the underlay ports and starts the workers.
    /// `esp_udp_port`: our port of ESP in UDP (RFC 3948), 0 if no peer wants it.
    static result<std::unique_ptr<dataplane>> start(const config::node& node, bool hugepages,
                                                    std::uint16_t esp_udp_port);
    /// Stops the workers, closes all ports, removes interfaces and the socket.
    ~dataplane();
    dataplane(const dataplane&) = delete;
    dataplane& operator=(const dataplane&) = delete;

    api::server& server() { return *_server; }
    table_writer& writer() { return *_writer; }
    const port_registry& ports() const { return *_ports; }
    /// Once a second.
    void check();

private:
    dataplane(const config::node& node, bool hugepages, std::uint16_t esp_udp_port);
    result<void> make_memory();
    result<void> make_workers();
    result<void> open_doors();
    result<void> launch_workers();
    void fill_status(api::status_report& report) const;

    config::node _node;
    bool _hugepages;
    std::uint16_t _esp_udp_port;
    packet_pools _pools;
    rcu_domain _rcu;
    tables _tables;
    std::unique_ptr<table_writer> _writer;
    port_directory _directory;
    offload_flags _offloads{};
    std::vector<std::unique_ptr<worker>> _workers;
    std::vector<std::unique_ptr<handover>> _rings;
    std::vector<busy_meter> _meters;
    std::optional<esp_guard> _esp_guard;
    std::optional<udp_guard> _esp_udp_guard;
    std::unique_ptr<port_registry> _ports;
    std::unique_ptr<api::applier> _applier;
    std::unique_ptr<api::server> _server;
    bool _running = false;
};

}  // namespace waggle
