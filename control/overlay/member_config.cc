#include "control/overlay/member_config.hh"

#include <algorithm>
#include <set>
#include <utility>

#include "control/overlay/overlay_mtu.hh"

namespace waggle::control {
namespace {

constexpr unsigned usual_underlay_mtu = 1500;
/// What stock engines subtract: the tunnel, and for ESP in it 26 bytes, down to a multiple of four.
constexpr unsigned tunnel = 50;
constexpr unsigned esp = 26;
constexpr unsigned esp_alignment = 4;
constexpr unsigned least_mtu = 68;

std::uint16_t mtu_limit(const swarm::network& network) {
    unsigned mtu = network.mtu.value_or(usual_underlay_mtu);
    mtu -= std::min(mtu, tunnel);
    if (network.encrypted) mtu = (mtu - std::min(mtu, esp)) / esp_alignment * esp_alignment;
    return static_cast<std::uint16_t>(std::max(mtu, least_mtu));
}

std::string why_nothing_is_granted(const swarm::view& member, const std::string& network) {
    switch (member.phase) {
        case swarm::phase::outside:
            return "waits until this host is a member of the Docker swarm; `waggle join` makes it one";
        case swarm::phase::joining:
            return "waits until this host has its certificate of the Docker swarm";
        case swarm::phase::expelled:
            return "waits until this host is a member of the Docker swarm again; see `waggle node`";
        case swarm::phase::disconnected:
            return "waits for a manager of the Docker swarm, as none is reached; see `waggle node`";
        case swarm::phase::ready:
            break;
    }
    return "waits until the managers of the Docker swarm grant an address on network " + network;
}

class membership_addition {
public:
    membership_addition(config::config file, const swarm::view& member) : _member(member) {
        _result.config = std::move(file);
    }

    member_config run() && {
        for (const config::overlay& each : config().overlays) {
            _of_file.insert(each.name);
            _vnis.insert(each.id);
        }
        _names = _of_file;
        // All hosts of a swarm send to one port.
        if (_member.vxlan_port != 0) config().node.udp_port = _member.vxlan_port;
        bind_peers_to_file();
        add_gossip();
        std::vector<config::endpoint> ready;
        for (config::endpoint& each : config().endpoints) {
            if (!_of_file.contains(each.overlay) && each.host == config().node.name && !place(each)) continue;
            ready.push_back(std::move(each));
        }
        config().endpoints = std::move(ready);
        for (config::overlay& each : _added) config().overlays.push_back(std::move(each));
        std::ranges::sort(_result.problems);
        return std::move(_result);
    }

private:
    config::config& config() { return _result.config; }

    /// The file's word for "all overlays" was written without the swarm's in mind.
    void bind_peers_to_file() {
        for (config::peer& each : config().peers)
            if (!each.overlays) each.overlays.emplace(_of_file.begin(), _of_file.end());
    }

    void add_gossip() {
        const config::swarm section = config().swarm.value_or(config::swarm{});
        config::gossip gossip;
        gossip.advertise = section.advertise;
        gossip.port = section.port;
        std::set<ip_address> hosts;
        for (const swarm::manager& each : _member.managers)
            if (const auto host = host_of(each.address)) hosts.insert(*host);
        for (const ip_address& each : hosts) gossip.seeds.push_back({each, section.port});
        config().gossip = std::move(gossip);
    }

    /// Gives an endpoint its address and overlay. False if it waits.
    bool place(config::endpoint& endpoint) {
        const std::string id = container_id(config().node, endpoint);
        auto wait = [&](std::string sentence) {
            _result.waiting.insert_or_assign(endpoint.name, std::move(sentence));
            return false;
        };
        const auto granted = _member.attachments.find(id);
        if (granted == _member.attachments.end() || granted->second.addresses.empty()) {
            const auto refused = _member.refused.find(id);
            return wait(refused != _member.refused.end() && !refused->second.empty()
                            ? refused->second
                            : why_nothing_is_granted(_member, endpoint.overlay));
        }
        const auto network = _member.networks.find(granted->second.network_id);
        if (network == _member.networks.end())
            return wait("waits until the managers of the Docker swarm describe network " + endpoint.overlay);
        for (const ip_prefix& address : granted->second.addresses) {
            const config::overlay* overlay = overlay_of(network->second, address.address);
            if (overlay == nullptr) continue;
            endpoint.overlay = overlay->name;
            endpoint.addresses = granted->second.addresses;
            if (endpoint.mac.is_zero()) endpoint.mac = mac_address::derived_from(address.address);
            // Stock engines give the short id as a name, too.
            endpoint.aliases.push_back(id.substr(0, 12));
            return true;
        }
        return wait("was granted " + granted->second.addresses.front().to_string() +
                    ", which is in no subnet of network " + endpoint.overlay + " that this host can carry");
    }

    /// The overlay with the subnet of an address, made if there is none; null if none can be.
    const config::overlay* overlay_of(const swarm::network& network, const ip_address& address) {
        if (!address.is_v4()) return nullptr;
        if (_seen.insert(network.id).second) add_overlays(network);
        for (const config::overlay& each : _added)
            if (each.network == network.id &&
                std::ranges::any_of(each.subnets, [&](const ip_prefix& s) { return s.contains(address); }))
                return &each;
        return nullptr;
    }

    /// What the file permits on a network between Waggle hosts; null: nothing.
    const config::waggle_profile* permitted(const swarm::network& network) {
        if (!config().swarm) return nullptr;
        const auto& all = config().swarm->encryption;
        const auto found = std::ranges::find(all, network.name, &config::network_encryption::name);
        if (found == all.end()) return nullptr;
        if (network.encrypted && network.subnets.size() == 1) return &found->profile;
        _result.problems.push_back(
            "network " + network.name + " of the Docker swarm " +
            (network.encrypted ? "has several IPv4 subnets, so that the waggle profile is not used on it"
                               : "is not encrypted, so that swarm.encryption means nothing for it") +
            "; remove it from swarm.encryption and reload");
        return nullptr;
    }

    void add_overlays(const swarm::network& network) {
        bool first = true;
        const config::waggle_profile* const profile = permitted(network);
        for (const swarm::network_subnet& each : network.subnets) {
            config::overlay overlay;
            overlay.name = network.name;
            if (network.subnets.size() > 1 || _names.contains(overlay.name))
                overlay.name += "." + each.id.to_string();
            overlay.id = each.id;
            overlay.subnets = {each.subnet};
            // They are of the network as a whole.
            if (std::exchange(first, false))
                overlay.subnets.insert(overlay.subnets.end(), network.subnets_v6.begin(),
                                       network.subnets_v6.end());
            overlay.network = network.id;
            if (network.encrypted) overlay.encryption = config::docker_profile{};
            if (network.encrypted && profile != nullptr) overlay.preferred = *profile;
            if (!_vnis.insert(overlay.id).second) {
                _result.problems.push_back("network " + network.name + " of the Docker swarm has VNI " +
                                           overlay.id.to_string() +
                                           ", which an overlay of the configuration file has; give that "
                                           "another VNI and reload");
                continue;
            }
            _names.insert(overlay.name);
            _result.mtu_limits.emplace(overlay.name, mtu_limit(network));
            _added.push_back(std::move(overlay));
        }
        if (network.encrypted && !docker_keys_of(_member))
            _result.problems.push_back(
                "network " + network.name +
                " of the Docker swarm is encrypted, and nothing is sent on it, as the managers gave " +
                std::to_string(_member.ipsec_keys.size()) + " usable keys in place of three");
    }

    const swarm::view& _member;
    member_config _result;
    /// Names of the file's overlays, and of all.
    std::set<std::string> _of_file;
    std::set<std::string> _names;
    std::set<vni> _vnis;
    /// Ids of networks that are done.
    std::set<std::string> _seen;
    std::vector<config::overlay> _added;
};

}  // namespace

member_config add_membership(config::config file, const swarm::view& member) {
    return membership_addition(std::move(file), member).run();
}

}  // namespace waggle::control
