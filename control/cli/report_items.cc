#include "control/cli/report_items.hh"

#include <algorithm>
#include <tuple>

namespace waggle::cli {

namespace {

using nlohmann::json;

std::string name_of(vni id, const overlay_names& names) {
    const auto found = names.find(id);
    return found == names.end() ? id.to_string() : found->second;
}

const char* name_of(api::port_role role) {
    if (role == api::port_role::underlay) return "underlay";
    return role == api::port_role::exception ? "exception" : "access";
}

/// `reports` sorted by what `key` gives of each.
template <typename Report, typename Key>
std::vector<const Report*> sorted(const std::vector<Report>& reports, Key key) {
    std::vector<const Report*> order;
    order.reserve(reports.size());
    for (const Report& each : reports) order.push_back(&each);
    std::sort(order.begin(), order.end(),
              [&](const Report* a, const Report* b) { return key(*a) < key(*b); });
    return order;
}

}  // namespace

overlay_names names_of(const std::vector<api::overlay_report>& overlays) {
    overlay_names names;
    for (const api::overlay_report& each : overlays) names.emplace(each.id, each.parameters.name);
    return names;
}

json port_items(const std::vector<api::port_report>& ports, const overlay_names& names) {
    json items = json::array();
    for (const api::port_report* port :
         sorted(ports, [](const api::port_report& each) { return std::tie(each.role, each.name); })) {
        items.push_back({{"name", port->name},
                         {"kind", port->kind},
                         {"role", name_of(port->role)},
                         {"overlay", port->overlay ? json(name_of(*port->overlay, names)) : json()},
                         {"mtu", port->mtu},
                         {"state", port->up ? "up" : "down"},
                         {"received_packets", port->received_packets},
                         {"received_bytes", port->received_bytes},
                         {"sent_packets", port->sent_packets},
                         {"sent_bytes", port->sent_bytes},
                         {"receive_errors", port->receive_errors},
                         {"send_errors", port->send_errors},
                         {"joined_packets", port->joined_packets}});
    }
    return items;
}

json forwarding_items(const std::vector<api::forwarding_report>& entries, const overlay_names& names) {
    json items = json::array();
    for (const api::forwarding_report* entry : sorted(entries, [](const api::forwarding_report& each) {
             return std::tie(each.key.overlay, each.key.mac);
         })) {
        const auto* vtep = std::get_if<ip_address>(&entry->target);
        items.push_back(
            {{"overlay", name_of(entry->key.overlay, names)},
             {"vni", entry->key.overlay.value()},
             {"mac", entry->key.mac.to_string()},
             {"where", vtep != nullptr ? "vtep" : "port"},
             {"target", vtep != nullptr ? vtep->to_string() : std::get<std::string>(entry->target)}});
    }
    return items;
}

json neighbour_items(const std::vector<api::neighbour_report>& entries, const overlay_names& names) {
    json items = json::array();
    for (const api::neighbour_report* entry : sorted(entries, [](const api::neighbour_report& each) {
             return std::tie(each.key.overlay, each.key.ip);
         })) {
        items.push_back({{"overlay", name_of(entry->key.overlay, names)},
                         {"vni", entry->key.overlay.value()},
                         {"ip", entry->key.ip.to_string()},
                         {"mac", entry->mac.to_string()}});
    }
    return items;
}

json status_object(const api::status_report& status) {
    json workers = json::array();
    for (const api::worker_report& each : status.workers)
        workers.push_back({{"worker", each.worker}, {"cpu", each.cpu}, {"busy", each.busy}});
    return {{"node", status.node},
            {"version", status.version},
            {"uptime_seconds", status.uptime_seconds},
            {"applied_generation", status.applied_generation},
            {"owned", status.owned},
            {"workers", std::move(workers)},
            {"buffers_in_use", status.buffers_in_use},
            {"buffers_total", status.buffers_total},
            {"memory_used", status.memory_used},
            {"memory_total", status.memory_total},
            {"hugepages", status.hugepages},
            {"ports", status.ports},
            {"overlays", status.overlays},
            {"vteps", status.vteps},
            {"members", status.members},
            {"forwarding", status.forwarding},
            {"neighbours", status.neighbours}};
}

}  // namespace waggle::cli
