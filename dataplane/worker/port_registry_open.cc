#include "dataplane/port/ethdev_device.hh"
#include "dataplane/port/ethdev_port.hh"
#include "dataplane/port/packet_port.hh"
#include "dataplane/port/tap_port.hh"
#include "dataplane/worker/port_registry.hh"

namespace waggle {
namespace {

/// A port of a derived type, or the failure, as a port.
template <typename T>
result<std::unique_ptr<port>> as_port(result<std::unique_ptr<T>> opened) {
    if (!opened) return opened.failure();
    return std::unique_ptr<port>(*std::move(opened));
}

}  // namespace

std::function<void()> port_registry::wake_all() const {
    return [workers = _workers] {
        for (worker* one : workers) one->waking().call();
    };
}

result<port_index> port_registry::open(const std::string& name, const api::access_port& parameters) {
    const auto workers = static_cast<unsigned>(_workers.size());
    std::string resource;
    const auto open_device = [&]() -> result<std::unique_ptr<port>> {
        if (const auto* tap = std::get_if<api::tap_port>(&parameters.kind)) {
            resource = "tap " + tap->network_namespace + " " + tap->interface;
            wait_for_closing(resource);
            return as_port(tap_port::open(name,
                                          {.interface = tap->interface,
                                           .network_namespace = tap->network_namespace,
                                           .mtu = parameters.mtu,
                                           .queues = workers},
                                          _shared.pools));
        }
        const std::string& device = std::get<api::ethdev_port>(parameters.kind).device;
        resource = "ethdev " + device_arguments::parse(device).name;
        wait_for_closing(resource);
        return as_port(ethdev_port::open(
            name, {.device = device, .workers = workers, .mtu = parameters.mtu, .on_link_change = wake_all()},
            _shared.pools));
    };
    result<std::unique_ptr<port>> device = open_device();
    if (!device) return std::move(device).context("port " + name).failure();
    result<port_index> index = add(*std::move(device), port_use::access, resource);
    if (!index) return std::move(index).context("port " + name).failure();
    find(*index)->overlay = parameters.overlay;
    return index;
}

result<void> port_registry::open_underlay(const config::underlay_port& wanted) {
    const std::string what = "underlay port " + wanted.name;
    const auto workers = static_cast<unsigned>(_workers.size());
    if (const auto* packet = std::get_if<config::packet_underlay>(&wanted.kind)) {
        if (result<void> done = _listener.guard(); !done) return done;
        result<std::unique_ptr<packet_port>> device =
            packet_port::open(wanted.name, packet->interface, workers, _listener.filter(), _shared.pools);
        if (!device) return std::move(device).context(what).failure();
        packet_port& opened = **device;
        const result<port_index> index =
            add(*std::move(device), port_use::underlay, "packet " + packet->interface);
        if (!index) return index.failure();
        _listener.add(opened);
        start_receiving(*find(*index), std::nullopt);
        return {};
    }
    const auto& ethdev = std::get<config::ethdev_underlay>(wanted.kind);
    auto nic = ethdev_port::open(wanted.name,
                                 {.device = ethdev.device, .workers = workers, .on_link_change = wake_all()},
                                 _shared.pools);
    if (!nic) return std::move(nic).context(what).failure();
    // The host lives on with the NIC's address behind the TAP, and frames pass unchanged.
    auto host = as_port(tap_port::open(ethdev.exception_interface,
                                       {.interface = ethdev.exception_interface,
                                        .mtu = (*nic)->mtu(),
                                        .queues = workers,
                                        .offloads = false,
                                        .mac = (*nic)->mac(),
                                        .silent = false},
                                       _shared.pools));
    if (!host) return std::move(host).context(what).failure();
    const result<port_index> nic_index =
        add(*std::move(nic), port_use::underlay, "ethdev " + device_arguments::parse(ethdev.device).name);
    if (!nic_index) return nic_index.failure();
    const result<port_index> host_index =
        add(*std::move(host), port_use::exception, "tap  " + ethdev.exception_interface);
    if (!host_index) return host_index.failure();
    start_receiving(*find(*host_index), *nic_index);
    start_receiving(*find(*nic_index), *host_index);
    return {};
}

}  // namespace waggle
