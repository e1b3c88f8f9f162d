#include "dataplane/api/report_codec.hh"

#include "dataplane/api/codec.hh"

namespace waggle::api {

void encode(const status_report& from, wire::Status& out) {
    out.set_node(from.node);
    out.set_version(from.version);
    out.set_instance(from.instance);
    out.set_uptime_seconds(from.uptime_seconds);
    out.set_applied_generation(from.applied_generation);
    out.set_owned(from.owned);
    for (const worker_report& one : from.workers) {
        wire::Worker& worker = *out.add_workers();
        worker.set_worker(one.worker);
        worker.set_cpu(one.cpu);
        worker.set_busy(one.busy);
    }
    out.set_buffers_in_use(from.buffers_in_use);
    out.set_buffers_total(from.buffers_total);
    out.set_memory_used(from.memory_used);
    out.set_memory_total(from.memory_total);
    out.set_hugepages(from.hugepages);
    out.set_ports(from.ports);
    out.set_overlays(from.overlays);
    out.set_vteps(from.vteps);
    out.set_members(from.members);
    out.set_forwarding(from.forwarding);
    out.set_neighbours(from.neighbours);
    out.set_associations(from.associations);
}

status_report decode(const wire::Status& from) {
    status_report out;
    out.node = from.node();
    out.version = from.version();
    out.instance = from.instance();
    out.uptime_seconds = from.uptime_seconds();
    out.applied_generation = from.applied_generation();
    out.owned = from.owned();
    for (const wire::Worker& one : from.workers())
        out.workers.push_back({one.worker(), one.cpu(), one.busy()});
    out.buffers_in_use = from.buffers_in_use();
    out.buffers_total = from.buffers_total();
    out.memory_used = from.memory_used();
    out.memory_total = from.memory_total();
    out.hugepages = from.hugepages();
    out.ports = from.ports();
    out.overlays = from.overlays();
    out.vteps = from.vteps();
    out.members = from.members();
    out.forwarding = from.forwarding();
    out.neighbours = from.neighbours();
    out.associations = from.associations();
    return out;
}

void encode(const port_report& from, wire::PortReport& out) {
    out.set_name(from.name);
    out.set_kind(from.kind);
    out.set_role(static_cast<wire::PortReport::PortRole>(from.role));
    if (from.overlay) out.set_overlay(from.overlay->value());
    out.set_mtu(from.mtu);
    out.set_up(from.up);
    out.set_received_packets(from.received_packets);
    out.set_received_bytes(from.received_bytes);
    out.set_sent_packets(from.sent_packets);
    out.set_sent_bytes(from.sent_bytes);
    out.set_receive_errors(from.receive_errors);
    out.set_send_errors(from.send_errors);
    out.set_joined_packets(from.joined_packets);
}

result<port_report> decode(const wire::PortReport& from) {
    port_report out;
    out.name = from.name();
    out.kind = from.kind();
    if (from.role() == wire::PortReport::UNDERLAY) out.role = port_role::underlay;
    if (from.role() == wire::PortReport::EXCEPTION) out.role = port_role::exception;
    if (from.has_overlay()) {
        out.overlay = vni::from(from.overlay());
        if (!out.overlay) return error{"malformed answer: a port of no possible overlay"};
    }
    out.mtu = static_cast<std::uint16_t>(from.mtu());
    out.up = from.up();
    out.received_packets = from.received_packets();
    out.received_bytes = from.received_bytes();
    out.sent_packets = from.sent_packets();
    out.sent_bytes = from.sent_bytes();
    out.receive_errors = from.receive_errors();
    out.send_errors = from.send_errors();
    out.joined_packets = from.joined_packets();
    return out;
}

void encode(const overlay_report& from, wire::OverlayReport& out) {
    *out.mutable_parameters() = encode_overlay(from.id, from.parameters);
    out.set_ports(from.ports);
    out.set_members(from.members);
}

result<overlay_report> decode(const wire::OverlayReport& from) {
    auto parameters = decode_overlay(from.parameters());
    if (!parameters) return parameters.failure();
    return overlay_report{parameters->first, std::move(parameters->second), from.ports(), from.members()};
}

void encode(const event& from, wire::Event& out) {
    out.set_kind(static_cast<wire::Event::Kind>(from.what));
    out.set_port(from.port);
    if (from.association) *out.mutable_association() = encode_association_key(*from.association);
}

result<event> decode(const wire::Event& from) {
    if (from.kind() < wire::Event::PORT_UP || from.kind() > wire::Event::SEQUENCE_USED_UP)
        return error{"an unknown event; are both programs of one version?"};
    event out{static_cast<event::kind>(from.kind()), from.port()};
    if (from.has_association()) {
        const auto key = decode_association_key(from.association());
        if (!key) return key.failure();
        out.association = *key;
    }
    return out;
}

result<void> decode(const wire::Counters& from, const std::vector<wire::Counters::Name>& names,
                    std::vector<counter_report>& out) {
    if (from.overlay_size() != from.value_size() || from.worker_size() != from.value_size() ||
        from.counter_size() != from.value_size())
        return error{"malformed answer: columns of different lengths in counters"};
    for (int i = 0; i < from.value_size(); ++i) {
        if (from.counter(i) >= names.size()) return error{"malformed answer: a counter without a name"};
        const wire::Counters::Name& name = names[from.counter(i)];
        counter_report report{.overlay = std::nullopt,
                              .worker = from.worker(i),
                              .name = name.name(),
                              .description = name.description(),
                              .drop = name.drop(),
                              .value = from.value(i)};
        if (from.overlay(i) != unknown_overlay_number) {
            report.overlay = vni::from(from.overlay(i));
            if (!report.overlay) return error{"malformed answer: a counter of no possible overlay"};
        }
        out.push_back(std::move(report));
    }
    return {};
}

}  // namespace waggle::api
