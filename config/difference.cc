#include "config/difference.hh"

#include <map>

#include "config/describe.hh"

namespace waggle::config {

namespace {

template <typename T>
std::map<std::string_view, const T*> by_name(const std::vector<T>& list) {
    std::map<std::string_view, const T*> names;
    for (const T& each : list) names.emplace(each.name, &each);
    return names;
}

template <typename T>
list_difference<T> compare_lists(const std::vector<T>& from, const std::vector<T>& to) {
    list_difference<T> result;
    const auto before = by_name(from);
    const auto after = by_name(to);
    for (const auto& [name, value] : before)
        if (!after.contains(name)) result.removed.push_back(*value);
    for (const auto& [name, value] : after) {
        const auto old = before.find(name);
        if (old == before.end()) {
            result.added.push_back(*value);
        } else if (!(*old->second == *value)) {
            result.changed.push_back({*old->second, *value});
        }
    }
    return result;
}

std::vector<node_change> compare_fields(const field_list& from, const field_list& to) {
    std::vector<node_change> changes;
    for (std::size_t i = 0; i < from.size(); ++i)
        if (from[i].second != to[i].second) changes.push_back({from[i].first, from[i].second, to[i].second});
    return changes;
}

/// Seeds without a port of their own have the section's, so that another port changes both.
bool gossip_changes_live(const config& from, const config& to, std::string_view key) {
    return from.gossip && to.gossip &&
           (key == "gossip.keys" || (key == "gossip.seeds" && from.gossip->port == to.gossip->port));
}

std::vector<network_encryption> encrypted_networks(const config& of) {
    return of.swarm ? of.swarm->encryption : std::vector<network_encryption>{};
}

std::string text_of(const node_change& change) {
    return change.key + " " + change.from + " -> " + change.to;
}

template <typename T>
void print(std::string& out, const char* what, const list_difference<T>& list) {
    const auto whole = [&](const char* sign, const T& each) {
        out += std::string(sign) + " " + what + " '" + each.name + "':";
        for (const auto& [key, value] : fields_of(each))
            if (value != "-") out += " " + key + " " + value + ";";
        out.back() = '\n';
    };
    for (const T& each : list.removed) whole("-", each);
    for (const T& each : list.added) whole("+", each);
    for (const auto& [from, to] : list.changed) {
        out += std::string("~ ") + what + " '" + to.name + "':";
        for (const node_change& change : compare_fields(fields_of(from), fields_of(to)))
            out += " " + text_of(change) + ";";
        out.back() = '\n';
    }
}

}  // namespace

difference compare(const config& from, const config& to) {
    std::vector<node_change> node = compare_fields(fields_of(from.node), fields_of(to.node));
    std::vector<node_change> gossip;
    for (node_change& each : compare_fields(fields_of(from.gossip), fields_of(to.gossip)))
        (gossip_changes_live(from, to, each.key) ? gossip : node).push_back(std::move(each));
    for (node_change& each : compare_fields(fields_of(from.swarm), fields_of(to.swarm)))
        node.push_back(std::move(each));
    return {
        std::move(node),
        std::move(gossip),
        compare_lists(from.overlays, to.overlays),
        compare_lists(from.peers, to.peers),
        compare_lists(from.endpoints, to.endpoints),
        compare_lists(encrypted_networks(from), encrypted_networks(to)),
    };
}

void keep_until_restart(const config& running, config& wanted) {
    wanted.node = running.node;
    std::vector<network_encryption> networks = encrypted_networks(wanted);
    wanted.swarm = running.swarm;
    if (wanted.swarm) wanted.swarm->encryption = std::move(networks);
    if (!running.gossip || !wanted.gossip) {
        wanted.gossip = running.gossip;
        return;
    }
    if (!gossip_changes_live(running, wanted, "gossip.seeds")) wanted.gossip->seeds = running.gossip->seeds;
    wanted.gossip->advertise = running.gossip->advertise;
    wanted.gossip->port = running.gossip->port;
}

std::string to_string(const difference& what) {
    std::string out;
    for (const node_change& change : what.node) out += "~ node: " + text_of(change) + " (takes a restart)\n";
    for (const node_change& change : what.gossip) out += "~ " + text_of(change) + "\n";
    print(out, "overlay", what.overlays);
    print(out, "peer", what.peers);
    print(out, "endpoint", what.endpoints);
    print(out, "encryption of network", what.networks);
    return out;
}

}  // namespace waggle::config
