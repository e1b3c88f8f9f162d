#include <algorithm>

#include "config/schema/encryption.hh"
#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/text_check.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

void read_peer_overlays(const map_reader& map, peer& result, const scope& known) {
    constexpr std::string_view allowed = "a list of names of overlays; leave it out for all";
    const auto list = map.optional("overlays");
    if (!list || !is_list(*list, allowed)) return;
    result.overlays.emplace();
    claims taken;
    const std::vector<tree_node>& items = list->node().items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const cursor item(*list, i, items[i]);
        const auto name = read_text(item, "the name of an overlay");
        if (!name) continue;
        if (!known.overlays.contains(*name)) {
            if (!known.overlays_known) continue;
            item.problem("names overlay " + quote(*name) +
                         ", which is not configured; allowed: a name "
                         "from 'overlays'");
            continue;
        }
        if (take_or_report(taken, *name, "this peer", item, "'" + *name + "'", "each overlay once"))
            result.overlays->push_back(*name);
    }
}

/// Without a family in common no packet can go either way.
void check_families(const cursor& at, const peer& result, const scope& known) {
    if (!known.vteps_known) return;
    const bool common = (known.has_v4 && result.vtep_v4) || (known.has_v6 && result.vtep_v6);
    if (common) return;
    at.problem(std::string("has only ") + (result.vtep_v4 ? "IPv4" : "IPv6") + " while this node has only " +
               (known.has_v4 ? "IPv4" : "IPv6") + "; allowed: an address of a family that both have");
}

peer read_peer(const cursor& at, scope& known) {
    peer result;
    const map_reader map(at, {"name", "vtep", "overlays", "esp_in_udp"});
    std::string owner = "another peer";
    if (const auto entry = map.required("name", "the other host's name"))
        if (const auto name = read_name(*entry)) {
            result.name = *name;
            owner = "peer '" + *name + "'";
            take_or_report(known.hosts, *name, owner, *entry, "'" + *name + "'",
                           "a name that neither this node nor another peer has");
        }
    if (const auto entry =
            map.required("vtep", "the other host's outer addresses: {ipv4, ipv6}, one or both"))
        if (read_vteps(*entry, owner, known, result.vtep_v4, result.vtep_v6))
            check_families(*entry, result, known);
    read_peer_overlays(map, result, known);
    if (const auto entry = map.optional("esp_in_udp")) result.esp_in_udp = read_esp_in_udp(*entry);
    if (result.name.empty()) {
        known.peers_known = false;
    } else {
        peer_scope& own = known.peers[result.name];
        if (result.overlays) own.overlays.emplace(result.overlays->begin(), result.overlays->end());
    }
    return result;
}

}  // namespace

std::vector<peer> read_peers(const cursor& at, scope& known) {
    std::vector<peer> peers;
    known.peers_known = is_list(at, "a list of other hosts: {name, vtep, overlays, esp_in_udp}");
    if (!known.peers_known) return peers;
    const std::vector<tree_node>& items = at.node().items;
    for (std::size_t i = 0; i < items.size(); ++i) peers.push_back(read_peer(cursor(at, i, items[i]), known));
    return peers;
}

}  // namespace waggle::config
