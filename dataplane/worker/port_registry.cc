#include "dataplane/worker/port_registry.hh"

#include <algorithm>
#include <utility>

#include "dataplane/port/tap_port.hh"

namespace waggle {
namespace {

api::port_role role_of(port_use use) {
    switch (use) {
        case port_use::underlay:
            return api::port_role::underlay;
        case port_use::exception:
            return api::port_role::exception;
        case port_use::access:
            break;
    }
    return api::port_role::access;
}

}  // namespace

port_registry::port_registry(const shared_state& shared, std::vector<worker*> workers)
    : _shared(shared),
      _listener(shared.directory, shared.filter),
      _workers(std::move(workers)),
      _plans(_workers.size()) {
    // Numbers are given out up to the capacity only.
    static_assert(port_capacity <= index_pool::capacity);
    publish_plans();
}

port_registry::~port_registry() {
    while (!_ports.empty()) close(_ports.back()->index);
    _shared.rcu.synchronize();
}

result<port_index> port_registry::add(std::unique_ptr<port> device, port_use use,
                                      const std::string& resource) {
    const std::optional<std::uint16_t> index = _indexes->take();
    if (!index || *index >= port_capacity) {
        if (index) _indexes->give_back(*index);
        return error{"all " + std::to_string(port_capacity - 1) + " ports are in use"};
    }
    result<std::unique_ptr<port_slot>> slot = make_slot(*device);
    if (!slot) {
        _indexes->give_back(*index);
        return slot.failure();
    }
    auto added = std::make_unique<open_port>();
    added->index = *index;
    added->use = use;
    added->resource = resource;
    added->was_up = device->is_up();
    added->slot = *std::move(slot);
    added->device = std::move(device);
    _shared.offloads[*index].store(added->device->takes_offloads(), std::memory_order_relaxed);
    _shared.directory.publish(*index, added->slot.get());
    _ports.push_back(std::move(added));
    return *index;
}

result<std::unique_ptr<port_slot>> port_registry::make_slot(port& device) {
    auto slot = std::make_unique<port_slot>();
    slot->target = &device;
    slot->transmit_queues = device.transmit_queues();
    slot->merges = device.takes_chains();
    for (unsigned i = 0; slot->transmit_queues < _workers.size() && i < slot->transmit_queues; ++i) {
        result<std::unique_ptr<handover>> made = handover::create(_workers[i]->waking());
        if (!made) return made.failure();
        slot->handovers.push_back(*std::move(made));
    }
    return slot;
}

worker& port_registry::receiver_of(const open_port& from, unsigned queue) const {
    // Ports with a queue for each worker pair them up, others are spread.
    const unsigned first = from.device->receive_queues() < _workers.size() ? from.index : 0;
    return *_workers[(first + queue) % _workers.size()];
}

void port_registry::start_receiving(open_port& from, std::optional<port_index> partner) {
    for (unsigned i = 0; i < from.device->receive_queues(); ++i) {
        auto queue = std::make_unique<polled_queue>();
        queue->source = from.device.get();
        queue->queue = i;
        queue->index = from.index;
        queue->use = from.use;
        queue->overlay.store(from.slot->overlay.load(std::memory_order_relaxed), std::memory_order_relaxed);
        queue->partner = partner;
        from.queues.push_back(std::move(queue));
    }
    publish_plans();
    for (const auto& queue : from.queues)
        if (queue->source->event_descriptor(queue->queue) >= 0) receiver_of(from, queue->queue).watch(*queue);
}

std::unique_ptr<poll_plan> port_registry::make_plan(unsigned worker) const {
    auto plan = std::make_unique<poll_plan>();
    plan->number = _plan_number;
    for (const auto& port : _ports) {
        for (const auto& queue : port->queues)
            if (&receiver_of(*port, queue->queue) == _workers[worker])
                (queue->is_watched() ? plan->watched : plan->polled).push_back(queue.get());
        if (worker < port->slot->handovers.size())
            plan->served.push_back({port->slot->handovers[worker].get(), port->index});
    }
    return plan;
}

void port_registry::publish_plans() {
    ++_plan_number;
    for (unsigned i = 0; i < _workers.size(); ++i) {
        std::unique_ptr<poll_plan> plan = make_plan(i);
        _workers[i]->publish(plan.get());
        std::swap(_plans[i], plan);
        if (plan)
            _shared.rcu.retire(
                [old = std::shared_ptr<poll_plan>(std::move(plan))]() mutable { old.reset(); });
    }
}

void port_registry::bind(port_index port, overlay_index overlay) {
    open_port* bound = find(port);
    if (bound == nullptr) return;
    bound->slot->overlay.store(overlay, std::memory_order_relaxed);
    for (const auto& queue : bound->queues) queue->overlay.store(overlay, std::memory_order_relaxed);
    if (bound->queues.empty()) start_receiving(*bound, std::nullopt);
}

result<void> port_registry::set_mtu(port_index port, std::uint16_t mtu) {
    open_port* changed = find(port);
    if (changed == nullptr) return error{"there is no port " + std::to_string(port)};
    return changed->device->set_mtu(mtu);
}

void port_registry::close(port_index port) {
    const auto at = std::ranges::find(_ports, port, [](const auto& one) { return one->index; });
    if (at == _ports.end()) return;
    std::shared_ptr<open_port> closing = std::move(*at);
    _ports.erase(at);
    for (const auto& queue : closing->queues)
        if (queue->source->event_descriptor(queue->queue) >= 0)
            receiver_of(*closing, queue->queue).unwatch(*queue);
    publish_plans();
    _shared.directory.publish(port, nullptr);
    _closing->push_back(closing->resource);
    _shared.rcu.retire([closing, indexes = _indexes, resources = _closing]() mutable {
        indexes->give_back(closing->index);
        std::erase(*resources, closing->resource);
        closing.reset();
    });
}

void port_registry::wait_for_closing(const std::string& resource) {
    if (std::ranges::find(*_closing, resource) != _closing->end()) _shared.rcu.synchronize();
}

port_registry::open_port* port_registry::find(port_index index) {
    const auto at = std::ranges::find(_ports, index, [](const auto& one) { return one->index; });
    return at == _ports.end() ? nullptr : at->get();
}

std::optional<port_index> port_registry::underlay(const std::string& name) const {
    for (const auto& port : _ports)
        if (port->use == port_use::underlay && port->device->name() == name) return port->index;
    return std::nullopt;
}

std::vector<api::event> port_registry::check() {
    std::vector<api::event> events;
    for (const auto& port : _ports) {
        if (port->device->check())
            for (const auto& queue : port->queues) receiver_of(*port, queue->queue).watch(*queue);
        const bool up = port->device->is_up();
        if (std::exchange(port->was_up, up) == up) continue;
        events.push_back(
            {up ? api::event::kind::port_up : api::event::kind::port_down, port->device->name()});
    }
    return events;
}

std::vector<std::string> port_registry::news() {
    std::vector<std::string> all;
    for (const auto& port : _ports)
        if (std::optional<std::string> text = port->device->news()) all.push_back(*std::move(text));
    return all;
}

std::vector<api::port_report> port_registry::list() const {
    std::vector<api::port_report> reports;
    for (const auto& port : _ports) {
        const port_statistics counted = port->device->statistics();
        api::port_report report;
        report.name = port->device->name();
        report.kind = port->device->kind();
        report.role = role_of(port->use);
        report.overlay = port->overlay;
        report.mtu = port->device->mtu();
        report.up = port->device->is_up();
        report.received_packets = counted.received_packets;
        report.received_bytes = counted.received_bytes;
        report.sent_packets = counted.sent_packets;
        report.sent_bytes = counted.sent_bytes;
        report.receive_errors = counted.receive_errors;
        report.send_errors = counted.send_errors;
        report.joined_packets = counted.joined_packets;
        reports.push_back(std::move(report));
    }
    return reports;
}

}  // namespace waggle
