#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hh"
#include "dataplane/api/port_opener.hh"
#include "dataplane/pipeline/worker_context.hh"
#include "dataplane/port/packet_pools.hh"
#include "dataplane/port/vxlan_filter.hh"
#include "dataplane/table/index_pool.hh"
#include "dataplane/table/rcu_domain.hh"
#include "dataplane/worker/port_slot.hh"
#include "dataplane/worker/vxlan_listener.hh"
#include "dataplane/worker/worker.hh"

namespace waggle {

/// All ports of the process: opens and closes them, deals their queues out to the workers, and publishes
/// both to the workers. Every call by the main lcore, while workers run or not.
class port_registry final : public api::port_opener {
public:
    struct shared_state {
        rcu_domain& rcu;
        port_directory& directory;
        offload_flags& offloads;
        packet_pools pools;
        /// What of an underlay NIC's traffic is ours.
        vxlan_filter_options filter;
    };
    /// `workers` and what `shared` names outlive the registry.
    port_registry(const shared_state& shared, std::vector<worker*> workers);
    /// Removes all interfaces. The workers must have stopped.
    ~port_registry() override;

    /// Opens one underlay port, for a DPDK port also its exception TAP. The first of a NIC that stays with
    /// the kernel fails if somebody else uses the UDP port.
    result<void> open_underlay(const config::underlay_port& wanted);
    /// Once a second: follows links. Returns the ports that came up or went down.
    std::vector<api::event> check();
    /// What the ports want the operator to know, each thing once; for after check().
    std::vector<std::string> news();

    result<port_index> open(const std::string& name, const api::access_port& parameters) override;
    void bind(port_index port, overlay_index overlay) override;
    result<void> set_mtu(port_index port, std::uint16_t mtu) override;
    result<void> set_udp_port(std::uint16_t port) override { return _listener.set_port(port); }
    void close(port_index port) override;
    std::optional<port_index> underlay(const std::string& name) const override;
    std::vector<api::port_report> list() const override;

private:
    /// Destroyed as a whole after a grace period; the port goes last.
    struct open_port {
        std::unique_ptr<port> device;
        port_index index = 0;
        port_use use = port_use::access;
        std::optional<vni> overlay;
        /// What only one port at a time can have: an interface or DPDK device.
        std::string resource;
        bool was_up = false;
        std::unique_ptr<port_slot> slot;
        std::vector<std::unique_ptr<polled_queue>> queues;
    };

    void wait_for_closing(const std::string& resource);
    result<port_index> add(std::unique_ptr<port> device, port_use use, const std::string& resource);
    result<std::unique_ptr<port_slot>> make_slot(port& device);
    void start_receiving(open_port& from, std::optional<port_index> partner);
    worker& receiver_of(const open_port& from, unsigned queue) const;
    std::function<void()> wake_all() const;
    void publish_plans();
    std::unique_ptr<poll_plan> make_plan(unsigned worker) const;
    open_port* find(port_index index);

    shared_state _shared;
    vxlan_listener _listener;
    std::vector<worker*> _workers;
    std::vector<std::unique_ptr<open_port>> _ports;
    std::vector<std::unique_ptr<poll_plan>> _plans;
    std::uint64_t _plan_number = 0;
    // Shared with what is retired, which may run after the registry is gone.
    std::shared_ptr<index_pool> _indexes = std::make_shared<index_pool>();
    /// Interfaces and devices that are closed after the current grace period.
    std::shared_ptr<std::vector<std::string>> _closing = std::make_shared<std::vector<std::string>>();
};

}  // namespace waggle
