#include <algorithm>

#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/text_check.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

std::string list_of(const std::vector<ip_prefix>& subnets) {
    std::string text;
    for (const ip_prefix& subnet : subnets) text += (text.empty() ? "" : ", ") + subnet.to_string();
    return text;
}

/// "10.1.0.2", or "10.1.0.2/24" where 24 is the subnet's length.
std::optional<ip_prefix> read_address(const cursor& at, const overlay_scope* overlay) {
    constexpr std::string_view allowed =
        "an IP address such as 10.1.0.2, with or without its subnet's length";
    const auto text = read_text(at, allowed);
    if (!text) return std::nullopt;
    const bool has_length = text->find('/') != std::string::npos;
    std::optional<ip_prefix> address = parse_prefix(*text);
    if (!has_length)
        if (const auto ip = ip_address::parse(*text)) address = ip_prefix{*ip, ip->is_v4() ? 32U : 128U};
    if (!address) {
        at.refuse(allowed);
        return std::nullopt;
    }
    if (overlay == nullptr || !overlay->subnets_known) return address;

    const auto subnet =
        std::find_if(overlay->subnets.begin(), overlay->subnets.end(),
                     [&](const ip_prefix& candidate) { return candidate.contains(address->address); });
    if (subnet == overlay->subnets.end()) {
        at.problem(address->address.to_string() + " is in no subnet of its overlay; allowed: an address in " +
                   list_of(overlay->subnets));
        return std::nullopt;
    }
    if (has_length && address->length != subnet->length) {
        at.problem("has the length /" + std::to_string(address->length) + "; allowed: /" +
                   std::to_string(subnet->length) + ", the length of its subnet " + subnet->to_string());
        return std::nullopt;
    }
    if (address->address == subnet->address || address->address == subnet->broadcast_address()) {
        at.problem(address->address.to_string() + " is the " +
                   (address->address != subnet->address ? "broadcast"
                    : subnet->address.is_v4()           ? "network"
                                                        : "subnet-router anycast") +
                   " address of " + subnet->to_string() + "; allowed: a host's address");
        return std::nullopt;
    }
    return ip_prefix{address->address, subnet->length};
}

/// On a network of the Docker swarm that this host is in, as far as is known.
bool is_on_swarm_network(const endpoint& one, const scope& known) {
    return known.has_swarm && !known.overlays.contains(one.overlay);
}

/// `overlay`: null if it is unknown. False after a problem.
bool read_addresses(const map_reader& map, endpoint& result, const overlay_scope* overlay,
                    const std::string& owner, scope& known) {
    const bool chosen_later = known.has_gossip || is_on_swarm_network(result, known);
    const std::string_view allowed =
        chosen_later ? "auto, or a list of one IPv4 address, one IPv6 address, or one of each"
                     : "a list of one IPv4 address, one IPv6 address, or one of each";
    if (peek(map.at(), "addresses") == "auto") {
        if (chosen_later) return true;
        map.optional("addresses")
            ->problem(
                "is auto, but the file has no section 'gossip' to find out which addresses are free; "
                "allowed: " +
                std::string(allowed));
        return false;
    }
    const auto list = chosen_later ? map.optional("addresses") : map.required("addresses", allowed);
    if (!list && chosen_later) return true;
    if (!list || !is_list(*list, allowed)) return false;
    const std::size_t before = list->problems().count();
    const std::vector<tree_node>& items = list->node().items;
    if (items.empty()) list->problem("is an empty list; allowed: " + std::string(allowed));
    for (std::size_t i = 0; i < items.size(); ++i) {
        const cursor item(*list, i, items[i]);
        const auto address = read_address(item, overlay);
        if (!address) continue;
        const bool v4 = address->address.is_v4();
        if (std::any_of(result.addresses.begin(), result.addresses.end(),
                        [&](const ip_prefix& other) { return other.address.is_v4() == v4; })) {
            item.problem(std::string("is a second ") + (v4 ? "IPv4" : "IPv6") +
                         " address; allowed: " + std::string(allowed));
            continue;
        }
        const std::string text = address->address.to_string();
        if (!result.overlay.empty())
            take_or_report(known.addresses, on_overlay(result.overlay, text), owner, item,
                           text + " on overlay '" + result.overlay + "'", "an address of its own");
        result.addresses.push_back(*address);
        // The managers know the subnet.
        if (is_on_swarm_network(result, known)) result.addresses.back().length = v4 ? 32 : 128;
    }
    return list->problems().count() == before;
}

/// `addresses_good`: false if nothing is concluded from them, as what is wrong with them is reported already.
void read_mac(const map_reader& map, endpoint& result, bool addresses_good, const std::string& owner,
              scope& known) {
    const auto entry = map.optional("mac");
    const auto addresses = map.optional("addresses");
    if (entry) {
        const auto mac = read_endpoint_mac(*entry);
        if (!mac) return;
        result.mac = *mac;
    } else {
        if (!addresses_good) return;
        const auto v4 = std::find_if(result.addresses.begin(), result.addresses.end(),
                                     [](const ip_prefix& each) { return each.address.is_v4(); });
        // The address to take it from is chosen later.
        if (result.addresses.empty()) return;
        if (v4 == result.addresses.end()) {
            map.required("mac", "a unicast MAC address, as there is no IPv4 address to take it from");
            return;
        }
        result.mac = mac_address::derived_from(v4->address);
    }
    if (result.overlay.empty()) return;
    const cursor& at = entry ? *entry : *addresses;
    take_or_report(known.macs, on_overlay(result.overlay, result.mac.to_string()), owner, at,
                   "MAC " + result.mac.to_string() + (entry ? "" : " (from the IPv4 address)") +
                       " on overlay '" + result.overlay + "'",
                   "a MAC of its own");
}

/// True if the host is known, and then in `result.host`.
bool read_host(const map_reader& map, endpoint& result, const scope& known) {
    result.host = known.node_name;
    const auto entry = map.optional("host");
    if (!entry) return !known.node_name.empty();
    const auto name = read_text(*entry, "the name of this node or of a peer");
    if (!name) return false;
    result.host = *name;
    if (*name == known.node_name) return true;
    if (is_on_swarm_network(result, known)) {
        entry->problem(
            "names another host for an endpoint on a network of the swarm, which the managers tell "
            "of; allowed: '" +
            known.node_name + "' (this node)");
        return false;
    }
    if (known.has_gossip && result.addresses.empty())
        entry->problem("names another host for an endpoint without addresses; allowed: '" + known.node_name +
                       "' (this node), which chooses one");
    const auto peer = known.peers.find(*name);
    if (peer == known.peers.end()) {
        if (!known.node_name.empty() && known.peers_known)
            entry->problem("names host " + quote(*name) + ", which is not configured; allowed: '" +
                           known.node_name + "' (this node) or the name of a peer");
        return false;
    }
    if (peer->second.overlays && !result.overlay.empty() && !peer->second.overlays->contains(result.overlay))
        entry->problem("names peer '" + *name + "', which does not take part in overlay '" + result.overlay +
                       "'; allowed: a host of the overlay, or add the overlay to the peer");
    return true;
}

void read_attached(const map_reader& map, endpoint& result, scope& known) {
    constexpr std::string_view allowed = "{kind: container | vhost-user | memif | ethdev, ...}";
    if (result.host == known.node_name) {
        if (const auto entry = map.required("attachment", allowed))
            result.attached = read_attachment(*entry, result, known);
    } else if (const auto entry = map.optional("attachment")) {
        entry->problem("is given for an endpoint of another host ('" + result.host +
                       "'); allowed: only where host is '" + known.node_name + "', this node");
    }
}

/// The overlay's scope; null for a network of the swarm, and after a problem.
const overlay_scope* read_overlay_of(const map_reader& map, endpoint& result, const scope& known) {
    const auto entry = map.required("overlay", "the name of an overlay");
    if (!entry) return nullptr;
    const auto name = known.has_swarm ? read_name(*entry) : read_text(*entry, "the name of an overlay");
    if (!name) return nullptr;
    const auto found = known.overlays.find(*name);
    if (found != known.overlays.end()) {
        result.overlay = *name;
        return &found->second;
    }
    if (known.has_swarm)
        result.overlay = *name;
    else if (known.overlays_known)
        entry->problem(
            "names overlay " + quote(*name) +
            ", which is not configured; allowed: a name from 'overlays', or with a section 'swarm' "
            "or after 'waggle join' a network of the Docker swarm");
    return nullptr;
}

void read_aliases(const map_reader& map, endpoint& result, const scope& known) {
    constexpr std::string_view allowed = "a list of up to 32 names";
    constexpr std::size_t most = 32;
    const auto list = map.optional("aliases");
    if (!list || !is_list(*list, allowed)) return;
    if (!known.has_gossip && !known.has_swarm)
        list->problem("is given, but there is nobody to tell; allowed: with a section 'gossip' or 'swarm'");
    const std::vector<tree_node>& items = list->node().items;
    if (items.size() > most) list->refuse(allowed);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const cursor item(*list, i, items[i]);
        const auto name = read_name(item);
        if (!name) continue;
        if (*name == result.name || std::ranges::find(result.aliases, *name) != result.aliases.end())
            item.problem("is '" + *name + "', which the endpoint is called already; allowed: another name");
        else
            result.aliases.push_back(*name);
    }
}

}  // namespace

std::optional<endpoint> read_endpoint(const cursor& at, scope& known) {
    const std::size_t before = at.problems().count();
    endpoint result;
    std::string owner = "another endpoint";
    const map_reader map(at, {"name", "overlay", "addresses", "mac", "host", "attachment", "aliases"});
    if (const auto entry = map.required("name", "a name"))
        if (const auto name = read_name(*entry)) {
            result.name = *name;
            owner = "endpoint '" + *name + "'";
            take_or_report(known.endpoint_names, *name, "another endpoint", *entry, "'" + *name + "'",
                           "a name of its own for each endpoint");
        }
    const overlay_scope* overlay = read_overlay_of(map, result, known);
    const bool addresses_good = read_addresses(map, result, overlay, owner, known);
    read_mac(map, result, addresses_good, owner, known);
    if (read_host(map, result, known)) read_attached(map, result, known);
    read_aliases(map, result, known);
    if (at.problems().count() != before) return std::nullopt;
    return result;
}

std::optional<endpoint> try_endpoint(const cursor& at, scope& known) {
    const auto lists = {&known.endpoint_names, &known.addresses, &known.macs, &known.resources};
    for (claims* list : lists) list->begin();
    auto result = read_endpoint(at, known);
    for (claims* list : lists) result ? list->commit() : list->roll_back();
    return result;
}

std::vector<endpoint> read_endpoints(const cursor& at, scope& known) {
    std::vector<endpoint> endpoints;
    if (!is_list(at, "a list of endpoints: {name, overlay, addresses, mac, host, attachment, aliases}"))
        return endpoints;
    const std::vector<tree_node>& items = at.node().items;
    endpoints.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i)
        if (auto result = read_endpoint(cursor(at, i, items[i]), known))
            endpoints.push_back(std::move(*result));
    return endpoints;
}

}  // namespace waggle::config
