#include "control/api/views_json.hh"

namespace waggle::control {

nlohmann::json to_json(const overlay_view& view) {
    return {{"name", view.name},
            {"vni", view.vni},
            {"subnets", view.subnets},
            {"mtu", view.mtu},
            {"flood", view.flood},
            {"endpoints_local", view.endpoints_local},
            {"endpoints_remote", view.endpoints_remote},
            {"peers", view.peers}};
}

nlohmann::json to_json(const endpoint_view& view) {
    return {{"name", view.name},   {"overlay", view.overlay}, {"addresses", view.addresses},
            {"mac", view.mac},     {"host", view.host},       {"local", view.local},
            {"state", view.state}, {"detail", view.detail},   {"source", view.source}};
}

nlohmann::json to_json(const peer_view& view) {
    return {{"name", view.name},
            {"vtep", view.vtep},
            {"device", view.device},
            {"source", view.source},
            {"next_hop_mac", view.next_hop_mac},
            {"path_mtu", view.path_mtu},
            {"reachable", view.reachable},
            {"detail", view.detail},
            {"overlays", view.overlays}};
}

nlohmann::json to_json(const network_view& view) {
    return {{"id", view.id},           {"overlay", view.overlay}, {"hosts", view.hosts},
            {"entries", view.entries}, {"memory", view.memory},   {"waiting", view.waiting},
            {"in_sync", view.in_sync}};
}

nlohmann::json to_json(const diff_item& view) {
    return {{"kind", view.kind}, {"key", view.key}, {"action", view.action}};
}

nlohmann::json to_json(const announcement_view& view) {
    return {{"overlay", view.overlay}, {"epoch", view.epoch}, {"announcement", view.announcement}};
}

nlohmann::json to_json(const status_view& view) {
    return {{"node", view.node},
            {"uptime_seconds", view.uptime_seconds},
            {"version", view.version},
            {"dataplane",
             {{"connected", view.dataplane_connected},
              {"generation", view.generation},
              {"acknowledged", view.acknowledged}}},
            {"overlays", view.overlays},
            {"endpoints_local", view.endpoints_local},
            {"endpoints_failed", view.endpoints_failed},
            {"peers", view.peers},
            {"peers_reachable", view.peers_reachable},
            {"healthy", view.healthy},
            {"problems", view.problems}};
}

}  // namespace waggle::control
