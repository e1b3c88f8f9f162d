#include "control/agent/views.hh"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "control/overlay/overlay_mtu.hh"
#include "control/overlay/tunnel_ends.hh"

namespace waggle::control {
namespace {

constexpr const char* dataplane_away = "waits for waggle-dataplane, which is not connected";

endpoint_view view_of(const config::endpoint& endpoint, const view_sources& from) {
    endpoint_view view{.name = endpoint.name,
                       .overlay = endpoint.overlay,
                       .addresses = {},
                       .mac = endpoint.mac.is_zero() ? "" : endpoint.mac.to_string(),
                       .host = endpoint.host,
                       .local = endpoint.host == from.config.node.name,
                       .state = "remote",
                       .detail = {},
                       .source = from.endpoints.contains(endpoint.name) ? "runtime" : "yaml"};
    for (const ip_prefix& address : endpoint.addresses) view.addresses.push_back(address.to_string());
    return view;
}

void add_port_state(const std::string& port, const view_sources& from, endpoint_view& view) {
    auto fault = from.dataplane.faults().find(port);
    if (fault != from.dataplane.faults().end()) {
        view.state = "failed";
        view.detail = "the dataplane refuses it: " + fault->second.reason;
    } else if (from.dataplane.port_in_force(port)) {
        view.state = "attached";
    } else {
        view.state = "pending";
        view.detail =
            from.dataplane.is_connected() ? "waits for the dataplane to open port " + port : dataplane_away;
    }
}

void add_link_state(const link_status& link, endpoint_view& view) {
    view.detail = link.reason;
    view.state = link.condition == link_condition::attached ? "attached"
                 : link.condition == link_condition::failed ? "failed"
                                                            : "pending";
}

void add_local_state(const config::endpoint& endpoint, const view_sources& from, endpoint_view& view) {
    auto port = from.desired.port_of_endpoint.find(endpoint.name);
    if (port == from.desired.port_of_endpoint.end()) {
        view.state = "failed";
        view.detail = "is not part of the desired state; see `waggle status`";
        return;
    }
    bool container = std::holds_alternative<config::container_attachment>(*endpoint.attached);
    const link_status* link = from.links.status_of(endpoint.name);
    // A container keeps its link while the dataplane is away or refuses a change of the TAP.
    if (container && link != nullptr) return add_link_state(*link, view);
    add_port_state(port->second, from, view);
    if (container && view.state == "attached") {
        view.state = "pending";
        view.detail = "its interface is being made";
    }
}

/// Empty for an endpoint that has all it needs.
std::string why_it_waits(const std::string& endpoint, const view_sources& from) {
    if (from.member != nullptr) {
        const auto& waiting = from.member->config().waiting;
        if (const auto found = waiting.find(endpoint); found != waiting.end()) return found->second;
    }
    return from.swarm != nullptr ? from.swarm->waiting(endpoint) : std::string();
}

template <typename Key, typename Value, typename Map, typename Text>
void add_upserts(const char* kind, const std::vector<std::pair<Key, Value>>& upserts, const Map* present,
                 Text text, std::vector<diff_item>& items) {
    for (const auto& [key, value] : upserts)
        items.push_back({kind, text(key), present != nullptr && present->contains(key) ? "change" : "add"});
}

template <typename Key, typename Text>
void add_all(const char* kind, const std::vector<Key>& keys, const char* action, Text text,
             std::vector<diff_item>& items) {
    for (const Key& key : keys) items.push_back({kind, text(key), action});
}

}  // namespace

std::vector<overlay_view> overlay_views(const view_sources& from) {
    const config::config& config = from.config;
    std::unordered_map<std::string, std::pair<std::size_t, std::size_t>> local_and_remote;
    for (const config::endpoint& endpoint : config.endpoints) {
        auto& [local, remote] = local_and_remote[endpoint.overlay];
        ++(endpoint.host == config.node.name ? local : remote);
    }
    std::vector<overlay_view> views;
    for (const config::overlay& overlay : config.overlays) {
        overlay_view view{.name = overlay.name,
                          .vni = overlay.id.value(),
                          .subnets = {},
                          .mtu = overlay_mtu(config, overlay, from.facts),
                          .flood = overlay.flood,
                          .endpoints_local = local_and_remote[overlay.name].first,
                          .endpoints_remote = local_and_remote[overlay.name].second,
                          .peers = 0};
        for (const ip_prefix& subnet : overlay.subnets) view.subnets.push_back(subnet.to_string());
        for (const config::peer& peer : config.peers) view.peers += takes_part(peer, overlay) ? 1 : 0;
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<endpoint_view> endpoint_views(const view_sources& from, endpoint_choice which) {
    const config::config& config = from.config;
    std::vector<endpoint_view> views;
    std::unordered_set<std::string_view> of_file;
    for (const config::endpoint& each : from.endpoints.merged().endpoints) of_file.insert(each.name);
    for (const config::endpoint& endpoint : config.endpoints) {
        bool local = endpoint.host == config.node.name;
        if (!local && which == endpoint_choice::local) continue;
        endpoint_view view = view_of(endpoint, from);
        if (local) add_local_state(endpoint, from, view);
        if (!local && !of_file.contains(endpoint.name)) view.source = "gossip";
        views.push_back(std::move(view));
    }
    for (const config::endpoint& each : from.endpoints.merged().endpoints) {
        std::string reason = why_it_waits(each.name, from);
        if (reason.empty()) continue;
        endpoint_view view = view_of(each, from);
        view.state = "pending";
        view.detail = std::move(reason);
        views.push_back(std::move(view));
    }
    for (const auto& [name, reason] : from.endpoints.set_aside()) {
        endpoint_view view;
        view.name = name;
        view.host = config.node.name;
        view.local = true;
        view.state = "failed";
        view.detail = "set aside, as it does not fit the configuration file: " + reason;
        view.source = "runtime";
        views.push_back(std::move(view));
    }
    return views;
}

namespace {

void add_way(const config::peer& peer, const view_sources& from, peer_view& view) {
    std::optional<ip_address> vtep = chosen_vtep(from.config.node, peer);
    if (!vtep) {
        view.detail = "has no VTEP address of a family that this node has";
        return;
    }
    view.vtep = vtep->to_string();
    auto known = from.facts.next_hops.find(*vtep);
    if (known != from.facts.next_hops.end() && known->second) {
        const api::next_hop& hop = *known->second;
        view.reachable = true;
        view.device = hop.port;
        view.source = hop.source.to_string();
        view.next_hop_mac = hop.destination_mac.to_string();
        view.path_mtu = hop.path_mtu;
    } else {
        auto reason = from.hop_reasons.find(*vtep);
        view.detail = reason != from.hop_reasons.end() ? reason->second : "its next hop is looked up";
    }
}

}  // namespace

std::vector<peer_view> peer_views(const view_sources& from) {
    const config::config& config = from.config;
    std::map<ip_address, member_view> members;
    if (from.swarm != nullptr) members = from.swarm->members_by_vtep();
    std::vector<peer_view> views;
    for (const config::peer& peer : config.peers) {
        peer_view view;
        view.name = peer.name;
        for (const config::overlay& overlay : config.overlays)
            if (takes_part(peer, overlay)) view.overlays.push_back(overlay.name);
        add_way(peer, from, view);
        for (const auto& vtep : {peer.vtep_v4, peer.vtep_v6}) {
            auto member = vtep ? members.find(*vtep) : members.end();
            if (member == members.end()) continue;
            view.gossip = std::move(member->second);
            members.erase(member);
        }
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<peer_view> all_peer_views(const view_sources& from) {
    std::vector<peer_view> views = peer_views(from);
    if (from.swarm == nullptr) return views;
    std::set<std::string> shown;
    for (const peer_view& each : views)
        if (each.gossip) shown.insert(each.gossip->name);
    for (auto& [vtep, member] : from.swarm->members_by_vtep()) {
        if (shown.contains(member.name)) continue;
        peer_view view;
        view.detail = "shares no overlay with this host";
        view.gossip = std::move(member);
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<network_view> network_views(const view_sources& from) {
    std::vector<network_view> views;
    if (from.swarm == nullptr) return views;
    for (const swarm_report::network& each : from.swarm->report().networks) {
        network_view view;
        view.id = each.id;
        for (const config::overlay& overlay : from.config.overlays)
            if (overlay.network_id() == each.id)
                view.overlay += (view.overlay.empty() ? "" : ", ") + overlay.name;
        view.hosts = each.hosts;
        view.entries = each.entries;
        view.memory = each.memory;
        view.waiting = each.waiting;
        view.in_sync = each.in_sync;
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<diff_item> diff_items(const reconciler& dataplane) {
    static const api::state nothing;
    const shared_state in_force = dataplane.exactly_in_force();
    const api::state& present = in_force ? *in_force : nothing;
    api::delta change = dataplane.diff();
    auto itself = [](const std::string& name) { return name; };
    auto number = [](vni id) { return id.to_string(); };
    auto address = [](const ip_address& ip) { return ip.to_string(); };
    auto member = [](const api::member& m) { return m.overlay.to_string() + " " + m.vtep.to_string(); };
    auto mac = [](const api::forwarding_key& k) { return k.overlay.to_string() + " " + k.mac.to_string(); };
    auto ip = [](const api::neighbour_key& k) { return k.overlay.to_string() + " " + k.ip.to_string(); };

    auto association = [](const api::association_key& k) {
        return std::string(k.direction == api::direction::inbound ? "inbound " : "outbound ") +
               k.vtep.to_string() + " " + std::to_string(k.spi);
    };

    std::vector<diff_item> items;
    if (const auto port = change.upserts.udp_port)
        items.push_back({"udp port", std::to_string(*port), "change"});
    add_upserts("port", change.upserts.ports, &present.ports, itself, items);
    add_upserts("overlay", change.upserts.overlays, &present.overlays, number, items);
    add_upserts("vtep", change.upserts.vteps, &present.vteps, address, items);
    add_all("member", change.upserts.members, "add", member, items);
    add_upserts("forwarding", change.upserts.forwarding, &present.forwarding, mac, items);
    add_upserts("neighbour", change.upserts.neighbours, &present.neighbours, ip, items);
    add_upserts("association", change.upserts.associations, &present.associations, association, items);
    add_all("port", change.removals.ports, "remove", itself, items);
    add_all("overlay", change.removals.overlays, "remove", number, items);
    add_all("vtep", change.removals.vteps, "remove", address, items);
    add_all("member", change.removals.members, "remove", member, items);
    add_all("forwarding", change.removals.forwarding, "remove", mac, items);
    add_all("neighbour", change.removals.neighbours, "remove", ip, items);
    add_all("association", change.removals.associations, "remove", association, items);
    std::ranges::sort(items, {}, [](const diff_item& item) { return std::tie(item.kind, item.key); });
    return items;
}

void summarize(const view_sources& from, status_view& status) {
    std::vector<std::string>& problems = status.problems;
    status.overlays = from.config.overlays.size();
    status.dataplane_connected = from.dataplane.is_connected();
    if (!status.dataplane_connected) problems.emplace_back("waggle-dataplane is not connected");
    if (!from.dataplane.refusal().empty())
        problems.push_back("the dataplane refuses the state: " + from.dataplane.refusal());
    problems.insert(problems.end(), from.desired.problems.begin(), from.desired.problems.end());
    if (from.swarm != nullptr)
        for (std::string& each : from.swarm->problems()) problems.push_back(std::move(each));
    std::size_t pending = 0;
    for (const endpoint_view& endpoint : endpoint_views(from, endpoint_choice::local)) {
        ++status.endpoints_local;
        if (endpoint.state == "pending") ++pending;
        if (endpoint.state != "failed") continue;
        ++status.endpoints_failed;
        problems.push_back("endpoint " + endpoint.name + ": " + endpoint.detail);
    }
    if (pending != 0)
        problems.push_back(std::to_string(pending) + (pending == 1 ? " endpoint is" : " endpoints are") +
                           " not attached yet; `waggle endpoints` says why");
    for (const peer_view& peer : peer_views(from)) {
        ++status.peers;
        if (peer.reachable)
            ++status.peers_reachable;
        else
            problems.push_back("peer " + peer.name + ": " + peer.detail);
    }
    for (const config::overlay& overlay : from.config.overlays) {
        const std::vector<std::string> without = from.encryption.peers_without_keys(overlay);
        if (without.empty()) continue;
        std::string names;
        for (std::size_t i = 0; i < std::min<std::size_t>(without.size(), 3); ++i)
            names += (i == 0 ? "" : ", ") + without[i];
        if (without.size() > 3) names += " and " + std::to_string(without.size() - 3) + " more";
        problems.push_back("overlay " + overlay.name + " has no keys with " + names +
                           ", so nothing is sent there: their announcements have not come");
    }
    status.healthy = problems.empty() && from.dataplane.diff().empty();
}

}  // namespace waggle::control
