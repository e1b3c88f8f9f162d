#include "config/schema/scope.hh"

#include "config/yaml/values.hh"

namespace waggle::config {

std::optional<std::string> claims::take(std::string thing, std::string owner, unsigned line) {
    const auto [place, is_new] = _holders.try_emplace(std::move(thing), holder{std::move(owner), line});
    if (is_new && _journal) _journal->push_back(place->first);
    if (is_new) return std::nullopt;
    const holder& other = place->second;
    return other.line == 0 ? other.owner : other.owner + " (line " + std::to_string(other.line) + ")";
}

void claims::roll_back() {
    if (!_journal) return;
    for (const std::string& thing : *_journal) _holders.erase(thing);
    _journal.reset();
}

bool take_or_report(claims& all, std::string thing, const std::string& owner, const cursor& at,
                    std::string_view what, std::string_view allowed) {
    const auto other = all.take(std::move(thing), owner, at.node().line);
    if (!other) return true;
    at.problem(std::string(what) + " is already used by " + *other + "; allowed: " + std::string(allowed));
    return false;
}

std::string on_overlay(std::string_view overlay, const std::string& thing) {
    return std::string(overlay) + "/" + thing;
}

std::string device_claim(const std::string& device) {
    return "device " + device_name(device);
}
std::string interface_claim(const std::string& interface) {
    return "interface " + interface;
}
std::string socket_claim(const std::string& path) {
    return "socket " + path;
}
std::string memif_claim(const std::string& path, unsigned id) {
    return "memif " + std::to_string(id) + " " + path;
}

std::string container_claim(const namespace_reference& where, const std::string& interface) {
    struct text_of {
        std::string operator()(const namespace_by_path& by) const {
            for (const std::string_view folder : {"/run/netns/", "/var/run/netns/"})
                if (by.path.starts_with(folder)) return "name " + by.path.substr(folder.size());
            return "path " + by.path;
        }
        std::string operator()(const namespace_by_name& by) const { return "name " + by.name; }
        std::string operator()(const namespace_by_pid& by) const { return "pid " + std::to_string(by.pid); }
    };
    return "container " + interface + " " + std::visit(text_of{}, where);
}

namespace {

struct claim_of {
    std::string operator()(const container_attachment& to) const {
        return container_claim(to.network_namespace, to.interface);
    }
    std::string operator()(const vhost_user_attachment& to) const { return socket_claim(to.socket); }
    std::string operator()(const memif_attachment& to) const { return memif_claim(to.socket, to.id); }
    std::string operator()(const ethdev_attachment& to) const { return device_claim(to.device); }
};

void add_node(scope& known, const node& self) {
    known.node_name = self.name;
    known.has_v4 = self.vtep_v4.has_value();
    known.has_v6 = self.vtep_v6.has_value();
    known.vteps_known = true;
    known.hosts.take(self.name, "this node", 0);
    known.resources.take(socket_claim(self.dataplane_socket()), "waggle-dataplane", 0);
    known.resources.take(socket_claim(self.control_socket()), "waggle-control", 0);
    for (const underlay_port& port : self.underlay) {
        const std::string owner = "underlay port '" + port.name + "'";
        if (const auto* ethdev = std::get_if<ethdev_underlay>(&port.kind))
            known.resources.take(device_claim(ethdev->device), owner, 0);
    }
}

/// Each claim of an endpoint: the list it stands in and the thing.
template <typename Visit>
void visit_claims(scope& known, const endpoint& one, Visit visit) {
    visit(known.endpoint_names, one.name);
    if (!one.mac.is_zero()) visit(known.macs, on_overlay(one.overlay, one.mac.to_string()));
    for (const ip_prefix& each : one.addresses)
        visit(known.addresses, on_overlay(one.overlay, each.address.to_string()));
    if (one.attached) visit(known.resources, std::visit(claim_of{}, *one.attached));
}

}  // namespace

void claim_endpoint(scope& known, const endpoint& one) {
    const std::string owner = "endpoint '" + one.name + "'";
    visit_claims(known, one, [&](claims& list, const std::string& thing) { list.take(thing, owner, 0); });
}

void release_endpoint(scope& known, const endpoint& one) {
    visit_claims(known, one, [](claims& list, const std::string& thing) { list.release(thing); });
}

scope scope_of(const config& loaded) {
    scope known;
    add_node(known, loaded.node);
    known.has_gossip = loaded.gossip.has_value();
    known.has_swarm = loaded.swarm.has_value();
    for (const overlay& each : loaded.overlays) known.overlays[each.name].subnets = each.subnets;
    for (const peer& each : loaded.peers) {
        peer_scope& entry = known.peers[each.name];
        if (each.overlays) entry.overlays.emplace(each.overlays->begin(), each.overlays->end());
    }
    for (const endpoint& each : loaded.endpoints) claim_endpoint(known, each);
    return known;
}

}  // namespace waggle::config
