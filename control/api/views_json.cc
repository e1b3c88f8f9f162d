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

namespace {

template <typename T>
nlohmann::json or_null(const std::optional<T>& maybe) {
    return maybe ? nlohmann::json(*maybe) : nlohmann::json();
}

nlohmann::json gossip_of(const peer_view& view) {
    if (!view.gossip) return {};
    const member_view& member = *view.gossip;
    return {{"name", member.name},         {"address", member.address},
            {"state", member.state},       {"incarnation", member.incarnation},
            {"networks", member.networks}, {"heard", or_null(member.heard)}};
}

}  // namespace

nlohmann::json to_json(const peer_view& view) {
    return {{"name", view.name},
            {"vtep", view.vtep},
            {"device", view.device},
            {"source", view.source},
            {"next_hop_mac", view.next_hop_mac},
            {"path_mtu", view.path_mtu},
            {"reachable", view.reachable},
            {"detail", view.detail},
            {"overlays", view.overlays},
            {"gossip", gossip_of(view)}};
}

nlohmann::json to_json(const gossip_view& view) {
    return {{"name", view.name},
            {"address", view.address},
            {"connected", view.connected},
            {"seeds", view.seeds},
            {"seeds_are_down", view.seeds_are_down},
            {"keys", view.keys},
            {"members",
             {{"alive", view.alive}, {"suspect", view.suspect}, {"dead", view.dead}, {"left", view.left}}},
            {"awareness", view.awareness},
            {"awareness_limit", view.awareness_limit},
            {"clocks", {{"networks", view.network_time}, {"tables", view.table_time}}},
            {"waiting",
             {{"members", view.member_events_waiting},
              {"networks", view.network_events_waiting},
              {"tables", view.table_events_waiting}}},
            {"last_change_seconds", or_null(view.last_change_seconds)},
            {"rates",
             {{"packets_received", view.packets_received_rate},
              {"packets_sent", view.packets_sent_rate},
              {"bytes_received", view.bytes_received_rate},
              {"bytes_sent", view.bytes_sent_rate}}},
            {"counters", view.counters},
            {"refusals", view.refusals}};
}

nlohmann::json to_json(const network_view& view) {
    return {{"id", view.id},
            {"overlay", view.overlay},
            {"hosts", view.hosts},
            {"entries", view.entries},
            {"memory", view.memory},
            {"waiting", view.waiting},
            {"in_sync", view.in_sync},
            {"name", view.name},
            {"subnets", view.subnets},
            {"encrypted", view.encrypted},
            {"load_balancer", view.load_balancer}};
}

nlohmann::json to_json(const node_view& view) {
    nlohmann::json managers = nlohmann::json::array();
    for (const node_view::manager& each : view.managers)
        managers.push_back({{"node", each.node},
                            {"address", each.address},
                            {"weight", each.weight},
                            {"session", each.session}});
    nlohmann::json keys = nlohmann::json::array();
    for (const node_view::key& each : view.keys)
        keys.push_back({{"purpose", each.purpose},
                        {"fingerprint", each.fingerprint},
                        {"lamport_time", each.lamport_time},
                        {"age_seconds", each.age_seconds},
                        {"sending", each.sending}});
    return {
        {"name", view.name},
        {"state", view.state},
        {"problem", view.problem},
        {"id", view.id},
        {"cluster", view.cluster},
        {"role", view.role},
        {"certificate",
         {{"begins", view.certificate_begins}, {"ends", view.certificate_ends}, {"renewal", view.renewal}}},
        {"managers", std::move(managers)},
        {"keys", std::move(keys)},
        {"attachments", view.attachments},
        {"tasks_rejected", view.tasks_rejected},
        {"data_path_port", view.data_path_port},
        {"asked", {{"what", view.asked}, {"running", view.asked_running}, {"failure", view.asked_failure}}}};
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
            {"swarm", view.swarm},
            {"healthy", view.healthy},
            {"problems", view.problems}};
}

}  // namespace waggle::control
