#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <rte_ethdev.h>

#include "common/mac_address.hh"
#include "dataplane/port/memif_gate.hh"
#include "dataplane/port/packet_pools.hh"
#include "dataplane/port/port.hh"
#include "dataplane/port/queue_counters.hh"

namespace waggle {

struct ethdev_options {
    /// Devargs ("net_vhost0,iface=...,queues=2") or a PCI address.
    std::string device;
    /// Queues wanted at most for transmission, and for reception where the device does not prescribe them.
    unsigned workers = 1;
    /// 0: what the device has.
    std::uint16_t mtu = 0;
    /// Called on a thread of DPDK's when the link changed: those who wait for the port's descriptors must arm
    /// them anew. May be empty; outlives the port.
    std::function<void()> on_link_change = {};
};

/// Any DPDK port. A vhost-user or memif client may come, vanish and return at any time.
class ethdev_port final : public port {
public:
    static result<std::unique_ptr<ethdev_port>> open(const std::string& name, const ethdev_options& options,
                                                     const packet_pools& pools);
    ~ethdev_port() override;

    const std::string& name() const override { return _name; }
    const char* kind() const override { return "ethdev"; }
    unsigned receive_queues() const override { return _receive_queues; }
    unsigned transmit_queues() const override { return _transmit_queues; }
    bool takes_offloads() const override { return false; }
    bool is_up() const override { return _up.load(std::memory_order_relaxed); }
    std::uint16_t mtu() const override { return _mtu; }
    port_statistics statistics() const override;
    bool check() override;
    result<void> set_mtu(std::uint16_t mtu) override;
    mac_address mac() const;

    received receive(unsigned queue, rte_mbuf** packets, unsigned capacity) override;
    transmitted transmit(unsigned queue, rte_mbuf** packets, unsigned count) override;
    int event_descriptor(unsigned queue) const override { return _events.empty() ? -1 : _events[queue]; }
    bool needs_arming() const override { return true; }
    bool arm(unsigned queue, bool enable) override;

private:
    ethdev_port(std::string name, std::uint16_t number, std::function<void()> on_link_change);
    result<void> open_gate(const std::string& socket, const std::string& driver_socket);
    result<void> configure(const ethdev_options& options, const packet_pools& pools);
    result<void> set_up_queues(const packet_pools& pools);
    void find_event_descriptors();
    void follow_link();
    void link_changed();
    static int link_event(std::uint16_t number, rte_eth_event_type event, void* self, void* details);

    std::string _name;
    std::uint16_t _number;
    std::function<void()> _on_link_change;
    unsigned _receive_queues = 1;
    unsigned _transmit_queues = 1;
    std::uint16_t _mtu = 0;
    /// Per receive queue, if the device has receive interrupts.
    std::vector<int> _events;
    std::vector<queue_counters> _counters;
    /// Memif only.
    std::unique_ptr<memif_gate> _gate;
    std::atomic<bool> _up{false};
};

}  // namespace waggle
