#include "dataplane/port/ethdev_port.hh"

#include <algorithm>

#include <rte_ethdev.h>
#include <rte_pause.h>

#include "dataplane/port/ethdev_device.hh"
#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

constexpr std::uint16_t ring_size = 1024;

/// Connections of virtual devices show in both.
constexpr rte_eth_event_type link_events[] = {RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_QUEUE_STATE};

/// Makes the driver listen on a socket of its own, behind the gate that takes the one of the arguments.
result<void> send_through_gate(device_arguments& device) {
    const std::string socket = device.value("socket");
    if (device.value("role") == "client")
        return error{
            "DPDK device " + device.name +
            ": a memif server that goes would crash this process; let the peer be the client (role=server "
            "here)"};
    if (socket.empty() || device.value("socket-abstract") == "yes")
        return error{"DPDK device " + device.name + ": memif needs socket=PATH, not an abstract socket"};
    const std::string behind = socket + ".driver";
    for (const std::string& path : {socket, behind})
        if (result<void> done = clear_stale_socket(path); !done) return done;
    device.set("role", "server");
    device.set("socket", behind);
    device.set("socket-abstract", "no");
    return {};
}

}  // namespace

result<std::unique_ptr<ethdev_port>> ethdev_port::open(const std::string& name, const ethdev_options& options,
                                                       const packet_pools& pools) {
    device_arguments device = device_arguments::parse(options.device);
    const bool is_memif = device.has_driver("net_memif");
    const std::string socket = device.value("socket");
    if (is_memif)
        if (result<void> done = send_through_gate(device); !done) return done.failure();
    result<std::uint16_t> number = probe_ethdev(device.to_string());
    if (!number) return number.failure();
    std::unique_ptr<ethdev_port> made(new ethdev_port(name, *number, options.on_link_change));
    result<void> done = made->configure(options, pools);
    if (done && is_memif) done = made->open_gate(socket, device.value("socket"));
    if (!done) return std::move(done).context("DPDK device " + options.device).failure();
    made->follow_link();
    return made;
}

ethdev_port::ethdev_port(std::string name, std::uint16_t number, std::function<void()> on_link_change)
    : _name(std::move(name)), _number(number), _on_link_change(std::move(on_link_change)) {
}

ethdev_port::~ethdev_port() {
    _gate.reset();
    for (const rte_eth_event_type event : link_events)
        while (rte_eth_dev_callback_unregister(_number, event, link_event, this) == -EAGAIN) rte_pause();
    rte_eth_dev_stop(_number);
    remove_ethdev(_number);
}

result<void> ethdev_port::configure(const ethdev_options& options, const packet_pools& pools) {
    rte_eth_dev_info information{};
    if (const int failed = rte_eth_dev_info_get(_number, &information); failed != 0)
        return system_error("cannot be asked for its abilities", failed);
    const device_arguments device = device_arguments::parse(options.device);
    // A vhost-user device has the queues of its arguments: its client may use each of them.
    _receive_queues = information.max_rx_queues;
    if (!device.has_driver("net_vhost")) _receive_queues = std::min(_receive_queues, options.workers);
    _transmit_queues = std::min<unsigned>(information.max_tx_queues, options.workers);
    if (_receive_queues == 0 || _transmit_queues == 0) return error{"has no queues"};
    _counters = std::vector<queue_counters>(std::max(_receive_queues, _transmit_queues));

    _mtu = options.mtu;
    if (_mtu == 0) rte_eth_dev_get_mtu(_number, &_mtu);
    rte_eth_conf settings{};
    settings.rxmode.mtu = std::clamp(_mtu, information.min_mtu, information.max_mtu);
    // Others have no interrupts, or such that change with each peer (memif).
    settings.intr_conf.rxq = device.is_pci() || device.has_driver("net_vhost") ? 1 : 0;
    int failed = rte_eth_dev_configure(_number, static_cast<std::uint16_t>(_receive_queues),
                                       static_cast<std::uint16_t>(_transmit_queues), &settings);
    if (failed != 0 && settings.intr_conf.rxq != 0) {
        settings.intr_conf.rxq = 0;
        failed = rte_eth_dev_configure(_number, static_cast<std::uint16_t>(_receive_queues),
                                       static_cast<std::uint16_t>(_transmit_queues), &settings);
    }
    if (failed != 0) return system_error("cannot be configured", failed);
    if (result<void> done = set_up_queues(pools); !done) return done;
    if (failed = rte_eth_dev_start(_number); failed != 0) return system_error("cannot be started", failed);
    // Addresses are checked by the pipeline; not every device has these filters.
    rte_eth_promiscuous_enable(_number);
    rte_eth_allmulticast_enable(_number);
    if (settings.intr_conf.rxq != 0) find_event_descriptors();
    return {};
}

result<void> ethdev_port::open_gate(const std::string& socket, const std::string& driver_socket) {
    memif_gate::options wanted;
    wanted.socket = socket;
    wanted.driver_socket = driver_socket;
    wanted.queues = std::max(_receive_queues, _transmit_queues);
    wanted.is_connected = [number = _number] {
        rte_eth_link link{};
        return rte_eth_link_get_nowait(number, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
    };
    wanted.on_change = [this](bool open) {
        _up.store(open, std::memory_order_relaxed);
        if (_on_link_change) _on_link_change();
    };
    result<std::unique_ptr<memif_gate>> gate = memif_gate::open(std::move(wanted));
    if (!gate) return gate.failure();
    _gate = *std::move(gate);
    return {};
}

result<void> ethdev_port::set_up_queues(const packet_pools& pools) {
    std::uint16_t receive_ring = ring_size;
    std::uint16_t transmit_ring = ring_size;
    if (const int failed = rte_eth_dev_adjust_nb_rx_tx_desc(_number, &receive_ring, &transmit_ring);
        failed != 0)
        return system_error("cannot be configured", failed);
    const int node = rte_eth_dev_socket_id(_number);
    const unsigned memory_node = static_cast<unsigned>(node);
    for (unsigned i = 0; i < _receive_queues; ++i)
        if (const int failed = rte_eth_rx_queue_setup(_number, static_cast<std::uint16_t>(i), receive_ring,
                                                      memory_node, nullptr, pools.packet);
            failed != 0)
            return system_error("cannot set up receive queue " + std::to_string(i), failed);
    for (unsigned i = 0; i < _transmit_queues; ++i)
        if (const int failed = rte_eth_tx_queue_setup(_number, static_cast<std::uint16_t>(i), transmit_ring,
                                                      memory_node, nullptr);
            failed != 0)
            return system_error("cannot set up transmit queue " + std::to_string(i), failed);
    return {};
}

void ethdev_port::find_event_descriptors() {
    for (unsigned i = 0; i < _receive_queues; ++i) {
        const int descriptor = rte_eth_dev_rx_intr_ctl_q_get_fd(_number, static_cast<std::uint16_t>(i));
        if (descriptor < 0) {
            _events.clear();
            return;
        }
        _events.push_back(descriptor);
    }
}

void ethdev_port::follow_link() {
    for (const rte_eth_event_type event : link_events)
        rte_eth_dev_callback_register(_number, event, link_event, this);
    link_changed();
}

int ethdev_port::link_event(std::uint16_t, rte_eth_event_type, void* self, void*) {
    static_cast<ethdev_port*>(self)->link_changed();
    return 0;
}

void ethdev_port::link_changed() {
    check();
    if (_on_link_change) _on_link_change();
}

bool ethdev_port::check() {
    rte_eth_link link{};
    _up.store(_gate ? _gate->is_open()
                    : rte_eth_link_get_nowait(_number, &link) == 0 && link.link_status == RTE_ETH_LINK_UP,
              std::memory_order_relaxed);
    return false;
}

port_statistics ethdev_port::statistics() const {
    rte_eth_stats device{};
    rte_eth_stats_get(_number, &device);
    port_statistics sum = sum_of(_counters);
    sum.receive_errors += device.imissed + device.ierrors + device.rx_nombuf;
    sum.send_errors += device.oerrors;
    return sum;
}

result<void> ethdev_port::set_mtu(std::uint16_t mtu) {
    // Where the device has no say (vhost-user), the pipeline's check of the overlay's MTU is the limit.
    if (const int failed = rte_eth_dev_set_mtu(_number, mtu); failed != 0 && failed != -ENOTSUP)
        return system_error(_name + ": cannot set the MTU to " + std::to_string(mtu), failed);
    _mtu = mtu;
    return {};
}

mac_address ethdev_port::mac() const {
    rte_ether_addr address{};
    rte_eth_macaddr_get(_number, &address);
    return mac_address::load(address.addr_bytes);
}

received ethdev_port::receive(unsigned queue, rte_mbuf** packets, unsigned capacity) {
    received got;
    if (_gate && !_gate->enter(2 * queue)) return got;
    const unsigned count = rte_eth_rx_burst(_number, static_cast<std::uint16_t>(queue), packets,
                                            static_cast<std::uint16_t>(capacity));
    if (_gate) _gate->leave(2 * queue);
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < count; ++i) {
        // Chains come only from peers that ignore our MTU.
        if (packets[i]->nb_segs != 1) [[unlikely]] {
            rte_pktmbuf_free(packets[i]);
            ++got.too_long;
            continue;
        }
        bytes += rte_pktmbuf_pkt_len(packets[i]);
        packets[got.count++] = packets[i];
    }
    queue_counters& counters = _counters[queue];
    counters.received_packets.add(got.count);
    counters.received_bytes.add(bytes);
    counters.receive_errors.add(got.too_long);
    return got;
}

transmitted ethdev_port::transmit(unsigned queue, rte_mbuf** packets, unsigned count) {
    // Lengths first: what is taken is no longer ours to look at.
    std::uint32_t lengths[64];
    const unsigned offered = std::min(count, 64U);
    for (unsigned i = 0; i < offered; ++i) lengths[i] = rte_pktmbuf_pkt_len(packets[i]);
    transmitted done;
    if (_gate && !_gate->enter(2 * queue + 1)) return done;
    done.taken = rte_eth_tx_burst(_number, static_cast<std::uint16_t>(queue), packets,
                                  static_cast<std::uint16_t>(offered));
    if (_gate) _gate->leave(2 * queue + 1);
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < done.taken; ++i) bytes += lengths[i];
    queue_counters& counters = _counters[queue];
    counters.sent_packets.add(done.taken);
    counters.sent_bytes.add(bytes);
    return done;
}

bool ethdev_port::arm(unsigned queue, bool enable) {
    // Without a peer there is nothing to arm; when one comes, the worker is woken.
    if (!is_up()) return true;
    const auto number = static_cast<std::uint16_t>(queue);
    if (!enable) {
        rte_eth_dev_rx_intr_disable(_number, number);
        return true;
    }
    rte_eth_dev_rx_intr_enable(_number, number);
    // A frame that came before the interrupt was armed raises none.
    return rte_eth_rx_queue_count(_number, number) <= 0;
}

}  // namespace waggle
