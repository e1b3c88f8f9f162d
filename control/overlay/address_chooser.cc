#include "control/overlay/address_chooser.hh"

#include <algorithm>
#include <functional>

namespace waggle::control {
namespace {

/// Subnets are searched this far; a larger IPv6 one has free addresses among the first.
constexpr std::uint64_t longest_search = 1 << 16;

ip_address plus(const ip_address& base, std::uint64_t offset) {
    if (base.is_v4()) return ip_address::from_v4(base.v4() + static_cast<std::uint32_t>(offset));
    auto bytes = base.bytes();
    for (std::size_t i = 16; i-- > 0 && offset > 0;) {
        offset += bytes[i];
        bytes[i] = static_cast<std::uint8_t>(offset);
        offset >>= 8;
    }
    return ip_address::load_v6(bytes.data());
}

/// Of a former life of this host.
bool is_own(const config::node& self, const networkdb::peer_record& record) {
    return self.vtep_v4 == record.vtep || self.vtep_v6 == record.vtep;
}

}  // namespace

bool address_chooser::step(const config::config& file, const swarm_tables& tables,
                           const swarm_standing& standing, moment now) {
    bool changed = false;
    _waiting.clear();
    std::map<std::string, const config::overlay*> overlays;
    for (const config::overlay& each : file.overlays) overlays.emplace(each.name, &each);
    std::unordered_set<std::string> present;
    for (const config::endpoint& each : file.endpoints) {
        auto overlay = overlays.find(each.overlay);
        if (!each.addresses.empty() || each.host != file.node.name || overlay == overlays.end()) continue;
        present.insert(each.name);
        changed = step_one(file, each, *overlay->second, tables, standing, now) || changed;
    }
    auto stale = [&](const auto& each) { return !present.contains(each.first); };
    changed = std::erase_if(_claims, stale) > 0 || changed;
    changed = std::erase_if(_chosen, stale) > 0 || changed;
    std::erase_if(_claimed_at, stale);
    std::erase_if(_rivals_since, stale);
    return changed;
}

bool address_chooser::step_one(const config::config& file, const config::endpoint& endpoint,
                               const config::overlay& overlay, const swarm_tables& tables,
                               const swarm_standing& standing, moment now) {
    const std::string& name = endpoint.name;
    auto fits = [&](const ip_address& ip) {
        return std::ranges::any_of(overlay.subnets, [&](const ip_prefix& each) { return each.contains(ip); });
    };
    bool given_up = false;
    if (auto chosen = _chosen.find(name); chosen != _chosen.end()) {
        if (fits(chosen->second.address) && !gives_way(name, chosen->second.address, overlay, standing, now))
            return false;
        _chosen.erase(chosen);
        given_up = true;
    }
    _rivals_since.erase(name);
    if (!standing.connected || !standing.in_sync.contains(overlay.network_id())) {
        _waiting[name] = "waits for an address until the gossip tells which ones are free";
        return _claims.erase(name) > 0 || given_up;
    }
    auto claim = _claims.find(name);
    auto key = standing.claim_keys.find(name);
    const std::string own_key = key != standing.claim_keys.end() ? key->second : std::string();
    if (claim != _claims.end() &&
        (!fits(claim->second) || lost(file.node, claim->second, overlay, tables, own_key))) {
        _claims.erase(claim);
        claim = _claims.end();
    }
    if (claim != _claims.end()) {
        // The time counts from when it was told.
        if (own_key.empty()) _claimed_at[name] = now;
        if (now - _claimed_at[name] < settling) {
            _waiting[name] = "has claimed " + claim->second.to_string() + " and waits for objections";
            return false;
        }
        auto subnet = std::ranges::find_if(
            overlay.subnets, [&](const ip_prefix& each) { return each.contains(claim->second); });
        _chosen[name] = {claim->second, subnet->length};
        _former[name] = claim->second;
        _claims.erase(claim);
        return true;
    }
    auto free = find_free(overlay, name, used(file, overlay, tables, name));
    if (!free) {
        _waiting[name] = "there is no free address in the subnets of overlay " + overlay.name +
                         "; give the overlay another subnet";
        return given_up;
    }
    _claims[name] = free->address;
    _claimed_at[name] = now;
    _waiting[name] = "has claimed " + free->address.to_string() + " and waits for objections";
    return true;
}

bool address_chooser::gives_way(const std::string& endpoint, const ip_address& address,
                                const config::overlay& overlay, const swarm_standing& standing, moment now) {
    auto rivalry = std::ranges::find_if(standing.rivalries, [&](const address_rivalry& each) {
        return each.network == overlay.network_id() && each.address == address;
    });
    if (rivalry == standing.rivalries.end()) {
        _rivals_since.erase(endpoint);
        return false;
    }
    if (!rivalry->won) return true;
    return now - _rivals_since.emplace(endpoint, now).first->second >= patience_with_rivals;
}

bool address_chooser::lost(const config::node& self, const ip_address& address,
                           const config::overlay& overlay, const swarm_tables& tables,
                           const std::string& own_key) {
    auto records = tables.networks().find(overlay.network_id());
    if (records == tables.networks().end()) return false;
    bool taken = false;
    records->second.places.for_each_at(
        address, [&](const swarm_place& place) { taken = taken || !is_own(self, place.record()); });
    if (taken) return true;
    for (const auto& [key, claim] : records->second.claims)
        if (claim.record.address == address && (own_key.empty() || key < own_key)) return true;
    return false;
}

address_chooser::address_set address_chooser::used(const config::config& file, const config::overlay& overlay,
                                                   const swarm_tables& tables,
                                                   const std::string& but_for) const {
    address_set taken;
    for (const config::endpoint& each : file.endpoints) {
        if (each.overlay != overlay.name) continue;
        for (const ip_prefix& address : each.addresses) taken.insert(address.address);
        if (each.name == but_for) continue;
        if (auto chosen = _chosen.find(each.name); chosen != _chosen.end())
            taken.insert(chosen->second.address);
        if (auto claim = _claims.find(each.name); claim != _claims.end()) taken.insert(claim->second);
    }
    if (auto records = tables.networks().find(overlay.network_id()); records != tables.networks().end()) {
        records->second.places.for_each([&](const swarm_place& place) {
            if (!is_own(file.node, place.record())) taken.insert(place.address());
        });
        for (const auto& [key, claim] : records->second.claims) taken.insert(claim.record.address);
    }
    return taken;
}

std::optional<ip_prefix> address_chooser::find_free(const config::overlay& overlay,
                                                    const std::string& endpoint,
                                                    const address_set& used) const {
    auto usable = [&](const ip_prefix& subnet, const ip_address& ip) {
        // Docker gives the first host's address to the gateway.
        return subnet.contains(ip) && ip != subnet.address && ip != plus(subnet.address, 1) &&
               ip != subnet.broadcast_address() && !used.contains(ip);
    };
    for (const ip_prefix& subnet : overlay.subnets) {
        if (auto former = _former.find(endpoint); former != _former.end() && usable(subnet, former->second))
            return ip_prefix{former->second, subnet.length};
        unsigned host_bits = (subnet.address.is_v4() ? 32U : 128U) - subnet.length;
        std::uint64_t size = host_bits >= 16 ? longest_search : std::uint64_t{1} << host_bits;
        std::uint64_t first = (std::hash<std::string>{}(endpoint) ^ _seed) % size;
        for (std::uint64_t i = 0; i < size; ++i) {
            ip_address candidate = plus(subnet.address, (first + i) % size);
            if (usable(subnet, candidate)) return ip_prefix{candidate, subnet.length};
        }
    }
    return std::nullopt;
}

}  // namespace waggle::control
