#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/file_descriptor.hh"
#include "dataplane/port/joining.hh"
#include "dataplane/port/packet_pools.hh"
#include "dataplane/port/port.hh"
#include "dataplane/port/queue_counters.hh"
#include "dataplane/port/vxlan_filter.hh"

namespace waggle {

/// A NIC that stays with the kernel, of which only VXLAN and ESP for our VTEP addresses are taken. Queue n
/// belongs to worker n. Runs on when the interface goes down, is removed and comes back.
class packet_port final : public port {
public:
    /// The interface must exist in the calling thread's namespace.
    static result<std::unique_ptr<packet_port>> open(const std::string& name, const std::string& interface,
                                                     unsigned queues, const vxlan_filter_options& filter,
                                                     const packet_pools& pools);
    ~packet_port() override;

    const std::string& name() const override { return _name; }
    const char* kind() const override { return "packet"; }
    unsigned receive_queues() const override { return static_cast<unsigned>(_sockets.size()); }
    unsigned transmit_queues() const override { return static_cast<unsigned>(_sockets.size()); }
    bool takes_offloads() const override { return true; }
    bool is_up() const override { return _up.load(std::memory_order_relaxed); }
    std::uint16_t mtu() const override { return _mtu.load(std::memory_order_relaxed); }
    port_statistics statistics() const override;
    bool check() override;
    std::optional<std::string> news() override;
    /// Takes VXLAN that comes to that port instead. On failure queues may differ: call again.
    result<void> set_udp_port(std::uint16_t udp_port);
    /// The interface is the kernel's: always fails.
    result<void> set_mtu(std::uint16_t mtu) override;

    received receive(unsigned queue, rte_mbuf** packets, unsigned capacity) override;
    transmitted transmit(unsigned queue, rte_mbuf** packets, unsigned count) override;
    int event_descriptor(unsigned queue) const override { return _sockets[queue].get(); }

private:
    class receive_batch;
    class send_batch;
    packet_port(std::string name, std::string interface, const vxlan_filter_options& filter,
                const packet_pools& pools, std::vector<file_descriptor> sockets);
    bool reopen(unsigned number);
    void read_kernel_drops();

    std::string _name;
    std::string _interface;
    vxlan_filter_options _filter;
    packet_pools _pools;
    std::vector<file_descriptor> _sockets;
    std::vector<queue_counters> _counters;
    std::vector<std::unique_ptr<receive_batch>> _batches;
    unsigned _number;
    std::atomic<std::uint16_t> _mtu;
    /// Frames that the kernel had no room for.
    std::uint64_t _kernel_drops = 0;
    std::atomic<bool> _up{false};
    joining _joining;
};

}  // namespace waggle
