#include "control/overlay/desired_state.hh"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "control/overlay/access_ports.hh"
#include "control/overlay/overlay_mtu.hh"
#include "control/overlay/tunnel_ends.hh"

namespace waggle::control {
namespace {

api::encryption profile_of(const config::overlay& overlay) {
    if (!overlay.encryption) return api::encryption::none;
    return std::holds_alternative<config::docker_profile>(*overlay.encryption) ? api::encryption::docker
                                                                               : api::encryption::waggle;
}

class computation {
public:
    computation(const config::config& config, const host_facts& facts) : _config(config), _facts(facts) {}

    desired_state run() && {
        _result.state.udp_port = _config.node.udp_port;
        for (const config::overlay& overlay : _config.overlays) add_overlay(overlay);
        for (const config::peer& peer : _config.peers) add_peer(peer);
        for (const config::endpoint& endpoint : _config.endpoints) add_endpoint(endpoint);
        for (const auto& [key, association] : _facts.associations) add_association(key, association);
        std::ranges::sort(_result.links, {}, &container_link::endpoint);
        std::ranges::sort(_result.problems);
        return std::move(_result);
    }

private:
    void add_overlay(const config::overlay& overlay) {
        _overlays.emplace(overlay.name, &overlay);
        _result.state.overlays.emplace(
            overlay.id, api::overlay{overlay.name, overlay_mtu(_config, overlay, _facts), overlay.flood,
                                     profile_of(overlay)});
    }

    void add_peer(const config::peer& peer) {
        std::optional<ip_address> chosen = chosen_vtep(_config.node, peer);
        if (!chosen) {
            _result.problems.push_back("peer " + peer.name +
                                       " has no VTEP address of a family that this node has; give one of "
                                       "them an address of the other's family");
            return;
        }
        _peers.emplace(peer.name, &peer);
        std::vector<ip_address> addresses = reachable_vteps(_config.node, peer);
        bool any = false;
        for (const config::overlay& overlay : _config.overlays) {
            if (!takes_part(peer, overlay)) continue;
            any = true;
            for (const ip_address& address : addresses) _result.state.members.insert({overlay.id, address});
        }
        if (!any) return;
        for (const ip_address& address : addresses) {
            auto known = _facts.next_hops.find(address);
            bool usable = address == *chosen && known != _facts.next_hops.end();
            _result.state.vteps.emplace(address, api::vtep{usable ? known->second : std::nullopt});
        }
    }

    void add_association(const api::association_key& key, const api::association& association) {
        const api::state& state = _result.state;
        if (!state.vteps.contains(key.vtep)) return;
        if (association.overlay && !state.members.contains({*association.overlay, key.vtep})) return;
        _result.state.associations.emplace(key, association);
    }

    void add_endpoint(const config::endpoint& endpoint) {
        auto overlay = _overlays.find(endpoint.overlay);
        if (overlay == _overlays.end()) {
            _result.problems.push_back("endpoint " + endpoint.name + " is on overlay " + endpoint.overlay +
                                       ", which does not exist");
            return;
        }
        std::optional<api::forwarding_target> target = endpoint.host == _config.node.name
                                                           ? local_target(endpoint, *overlay->second)
                                                           : remote_target(endpoint, *overlay->second);
        if (!target) return;
        vni id = overlay->second->id;
        _result.state.forwarding.emplace(api::forwarding_key{id, endpoint.mac}, std::move(*target));
        for (const ip_prefix& address : endpoint.addresses)
            _result.state.neighbours.emplace(api::neighbour_key{id, address.address}, endpoint.mac);
    }

    std::optional<api::forwarding_target> remote_target(const config::endpoint& endpoint,
                                                        const config::overlay& overlay) {
        auto peer = _peers.find(endpoint.host);
        if (peer != _peers.end() && takes_part(*peer->second, overlay))
            return *chosen_vtep(_config.node, *peer->second);
        _result.problems.push_back("endpoint " + endpoint.name + " is on host " + endpoint.host +
                                   ", which is no reachable peer of overlay " + overlay.name);
        return std::nullopt;
    }

    std::optional<api::forwarding_target> local_target(const config::endpoint& endpoint,
                                                       const config::overlay& overlay) {
        if (!endpoint.attached) {
            _result.problems.push_back("endpoint " + endpoint.name +
                                       " of this host does not say how it is attached");
            return std::nullopt;
        }
        std::uint16_t mtu = _result.state.overlays.at(overlay.id).mtu;
        std::string port;
        if (auto* container = std::get_if<config::container_attachment>(&*endpoint.attached)) {
            port = tap_name(overlay.id);
            _result.state.ports.emplace(port, tap_access_port(overlay.id, mtu, _facts.waggle_namespace));
            _result.links.push_back(
                {endpoint.name, overlay.name, port, mtu, endpoint.mac, endpoint.addresses, *container});
        } else {
            port = port_name(endpoint);
            _result.state.ports.emplace(
                port, api::access_port{overlay.id, mtu, api::ethdev_port{device_arguments(endpoint)}});
        }
        _result.port_of_endpoint.emplace(endpoint.name, port);
        return port;
    }

    const config::config& _config;
    const host_facts& _facts;
    std::unordered_map<std::string, const config::overlay*> _overlays;
    std::unordered_map<std::string, const config::peer*> _peers;
    desired_state _result;
};

}  // namespace

desired_state compute_desired_state(const config::config& config, const host_facts& facts) {
    return computation(config, facts).run();
}

}  // namespace waggle::control
