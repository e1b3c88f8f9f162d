#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/packet_pools.hh"
#include "dataplane/port/port.hh"
#include "dataplane/port/queue_counters.hh"
#include "dataplane/port/tap_device.hh"

namespace waggle {

/// A kernel TAP: containers (with a virtio-net header, so that checksums and segmentation are left to us), or
/// the host itself (exception TAP, without offloads). Queue n belongs to worker n. The interface goes when
/// the port is destroyed.
class tap_port final : public port {
public:
    /// Makes the interface, or adopts a TAP of that name.
    static result<std::unique_ptr<tap_port>> open(const std::string& name, const tap_options& options,
                                                  const packet_pools& pools);
    ~tap_port() override;

    const std::string& name() const override { return _name; }
    const char* kind() const override { return "tap"; }
    unsigned receive_queues() const override { return _device.queues(); }
    unsigned transmit_queues() const override { return _device.queues(); }
    bool takes_offloads() const override { return _offloads; }
    bool takes_chains() const override { return _offloads; }
    bool is_up() const override { return _up.load(std::memory_order_relaxed); }
    std::uint16_t mtu() const override { return _mtu; }
    port_statistics statistics() const override { return sum_of(_counters); }
    bool check() override;
    result<void> set_mtu(std::uint16_t mtu) override;

    received receive(unsigned queue, rte_mbuf** packets, unsigned capacity) override;
    transmitted transmit(unsigned queue, rte_mbuf** packets, unsigned count) override;
    int event_descriptor(unsigned queue) const override { return _device.queue(queue); }

private:
    tap_port(std::string name, const tap_options& options, const packet_pools& pools, tap_device device);

    std::string _name;
    tap_device _device;
    packet_pools _pools;
    std::vector<queue_counters> _counters;
    std::uint16_t _mtu;
    bool _offloads;
    std::atomic<bool> _up{true};
};

}  // namespace waggle
