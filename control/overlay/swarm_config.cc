#include "control/overlay/swarm_config.hh"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace waggle::control {
namespace {

constexpr std::size_t most_problems = 20;

using networkdb::host_record;
using networkdb::peer_record;

template <typename Record>
using keyed = std::pair<const std::string, owned_record<Record>>;

template <typename Record>
std::vector<const keyed<Record>*> newest_first(const std::map<std::string, owned_record<Record>>& table) {
    std::vector<const keyed<Record>*> all;
    all.reserve(table.size());
    for (const auto& each : table) all.push_back(&each);
    std::ranges::sort(all, [](const auto* a, const auto* b) { return counts_more(*a, *b); });
    return all;
}

std::vector<const swarm_place*> newest_first(const place_table& places) {
    std::vector<const swarm_place*> all;
    all.reserve(places.size());
    places.for_each([&](const swarm_place& each) { all.push_back(&each); });
    std::ranges::sort(all, [](const auto* a, const auto* b) { return counts_more(*a, *b); });
    return all;
}

class addition {
public:
    addition(config::config file, const swarm_tables& tables, const chosen_addresses& chosen)
        : _tables(tables), _chosen(chosen) {
        _result.config = std::move(file);
    }

    swarm_config run() && {
        give_addresses();
        for (std::size_t i = 0; i < config().peers.size(); ++i) know_peer(i);
        for (const config::overlay& overlay : config().overlays) {
            auto records = _tables.networks().find(overlay.network_id());
            if (records == _tables.networks().end()) continue;
            add_hosts(overlay, records->second);
            add_places(overlay, records->second);
        }
        std::ranges::sort(_result.problems);
        return std::move(_result);
    }

private:
    config::config& config() { return _result.config; }

    void give_addresses() {
        std::vector<config::endpoint> ready;
        for (config::endpoint& each : config().endpoints) {
            if (each.addresses.empty()) {
                auto chosen = _chosen.find(each.name);
                if (chosen == _chosen.end()) {
                    _result.waiting.push_back(each.name);
                    continue;
                }
                each.addresses.push_back(chosen->second);
                if (each.mac.is_zero()) each.mac = mac_address::derived_from(chosen->second.address);
            }
            for (const ip_prefix& address : each.addresses) _addresses[each.overlay].insert(address.address);
            _macs[each.overlay].emplace(each.mac, ip_address());
            ready.push_back(std::move(each));
        }
        config().endpoints = std::move(ready);
        _result.given = config().endpoints.size();
    }

    void know_peer(std::size_t index) {
        const config::peer& peer = config().peers[index];
        _names.insert(peer.name);
        if (peer.vtep_v4) _peers.emplace(*peer.vtep_v4, index);
        if (peer.vtep_v6) _peers.emplace(*peer.vtep_v6, index);
    }

    bool is_own(const ip_address& vtep) {
        return config().node.vtep_v4 == vtep || config().node.vtep_v6 == vtep;
    }

    /// The peer with one of these addresses, made if there is none; it takes part in the overlay.
    const config::peer& peer_with(const host_record& host, const config::overlay& overlay) {
        std::optional<std::size_t> index;
        for (const auto& vtep : {host.vtep_v4, host.vtep_v6})
            if (auto known = vtep ? _peers.find(*vtep) : _peers.end(); known != _peers.end())
                index = known->second;
        if (!index) {
            const ip_address& vtep = host.vtep_v4 ? *host.vtep_v4 : *host.vtep_v6;
            std::string name = host.name.empty() ? vtep.to_string() : host.name;
            // Names are unique within a configuration, but two hosts may give themselves the same.
            if (name == config().node.name || _names.contains(name)) name += "@" + vtep.to_string();
            config().peers.push_back({name, host.vtep_v4, host.vtep_v6, std::vector<std::string>{}});
            index = config().peers.size() - 1;
            know_peer(*index);
        }
        config::peer& peer = config().peers[*index];
        if (peer.overlays && std::ranges::find(*peer.overlays, overlay.name) == peer.overlays->end())
            peer.overlays->push_back(overlay.name);
        return peer;
    }

    void add_hosts(const config::overlay& overlay, const network_records& records) {
        for (const auto* host : newest_first(records.hosts)) {
            const host_record& record = host->second.record;
            if ((record.vtep_v4 && is_own(*record.vtep_v4)) || (record.vtep_v6 && is_own(*record.vtep_v6)))
                continue;
            peer_with(record, overlay);
        }
    }

    void add_places(const config::overlay& overlay, const network_records& records) {
        auto& addresses = _addresses[overlay.name];
        auto& macs = _macs[overlay.name];
        for (const swarm_place* place : newest_first(records.places)) {
            const peer_record record = place->record();
            // A former life of this host, as far as others still know of it.
            if (is_own(record.vtep)) continue;
            const auto where = "endpoint " + record.address.to_string() + " of gossip node " +
                               place->owner() + " on overlay " + overlay.name;
            if (!std::ranges::any_of(overlay.subnets, [&](const ip_prefix& subnet) {
                    return subnet.contains(record.address.address);
                })) {
                if (!is_in_other_subnet(overlay, record.address.address))
                    problem(where + " is in no subnet of the overlay");
                continue;
            }
            auto mac = macs.find(record.mac);
            if (mac != macs.end() && mac->second != record.vtep) {
                if (!place->lingers())
                    problem(where + " has MAC " + record.mac.to_string() + ", which another endpoint has");
                continue;
            }
            if (!addresses.insert(record.address.address).second) {
                if (!place->lingers()) problem(where + " has an address that another endpoint has");
                continue;
            }
            macs.emplace(record.mac, record.vtep);
            host_record host;
            (record.vtep.is_v4() ? host.vtep_v4 : host.vtep_v6) = record.vtep;
            const std::string key = place->key();
            const told_name* name = records.names.find(key);
            config().endpoints.push_back({name != nullptr ? name->record().name : key.substr(0, 12),
                                          overlay.name,
                                          {record.address},
                                          record.mac,
                                          peer_with(host, overlay).name,
                                          std::nullopt});
        }
    }

    /// A network of a Docker swarm has an overlay for each of its IPv4 subnets.
    bool is_in_other_subnet(const config::overlay& overlay, const ip_address& address) {
        return std::ranges::any_of(config().overlays, [&](const config::overlay& other) {
            return other.network_id() == overlay.network_id() &&
                   std::ranges::any_of(other.subnets,
                                       [&](const ip_prefix& subnet) { return subnet.contains(address); });
        });
    }

    void problem(std::string sentence) {
        ++_result.unusable;
        if (_result.problems.size() < most_problems) _result.problems.push_back(std::move(sentence));
    }

    const swarm_tables& _tables;
    const chosen_addresses& _chosen;
    swarm_config _result;
    std::set<std::string> _names;
    std::unordered_map<ip_address, std::size_t> _peers;
    /// Taken ones, by overlay.
    std::unordered_map<std::string, std::unordered_set<ip_address>> _addresses;
    /// And who has them; the unspecified address for an endpoint of the file.
    std::unordered_map<std::string, std::unordered_map<mac_address, ip_address>> _macs;
};

}  // namespace

swarm_config add_swarm(config::config file, const swarm_tables& tables, const chosen_addresses& chosen) {
    return addition(std::move(file), tables, chosen).run();
}

gossip::publication wanted_publication(const config::config& file, const chosen_addresses& chosen,
                                       const std::map<std::string, ip_address>& claims,
                                       const std::map<vni, std::string>& announcements) {
    std::map<std::string, const config::overlay*> overlays;
    for (const config::overlay& each : file.overlays) overlays.emplace(each.name, &each);
    gossip::publication wanted;
    for (const config::endpoint& each : file.endpoints) {
        auto overlay = overlays.find(each.overlay);
        if (each.host != file.node.name || overlay == overlays.end()) continue;
        gossip::network_publication& network = wanted[overlay->second->network_id()];
        if (network.host_record.empty()) {
            auto keys = announcements.find(overlay->second->id);
            network.host_record = networkdb::encode(
                networkdb::host_record{file.node.name, file.node.vtep_v4, file.node.vtep_v6,
                                       keys != announcements.end() ? keys->second : std::string()});
        }
        std::vector<ip_prefix> addresses = each.addresses;
        if (addresses.empty())
            if (auto given = chosen.find(each.name); given != chosen.end()) addresses = {given->second};
        if (addresses.empty()) {
            if (auto claim = claims.find(each.name); claim != claims.end())
                network.endpoints[each.name].claim =
                    networkdb::encode(networkdb::claim_record{claim->second, each.name});
            continue;
        }
        // Stock engines read the IPv4 VTEP if there is one.
        const ip_address& vtep = file.node.vtep_v4 ? *file.node.vtep_v4 : *file.node.vtep_v6;
        for (const ip_prefix& address : addresses) {
            mac_address mac = each.mac;
            if (mac.is_zero() && address.address.is_v4()) mac = mac_address::derived_from(address.address);
            // One record has one address.
            std::string name =
                address == addresses.front() ? each.name : each.name + " " + address.to_string();
            networkdb::endpoint_record called;
            called.name = each.name;
            called.address = address.address;
            called.task_aliases = each.aliases;
            network.endpoints[name] = {
                networkdb::encode(peer_record{address, mac, vtep}), networkdb::encode(called), {}};
        }
    }
    return wanted;
}

}  // namespace waggle::control
