#include <algorithm>

#include "control/encryption/exchange_associations.hh"
#include "control/overlay/host_encryption.hh"
#include "control/overlay/overlay_profiles.hh"
#include "control/overlay/tunnel_ends.hh"

namespace waggle::control {
namespace {

constexpr std::uint32_t smallest_spi = 256;

api::replay_policy policy_of(config::replay_policy policy) {
    if (policy == config::replay_policy::strict) return api::replay_policy::strict;
    return policy == config::replay_policy::off ? api::replay_policy::off : api::replay_policy::resync;
}

}  // namespace

host_encryption::association_map host_encryption::associations(moment now) {
    association_map all;
    if (_docker) add_docker(all);
    for (const config::overlay& overlay : _config.overlays)
        if (const auto found = _exchanges.find(overlay.name); found != _exchanges.end())
            add_exchange(overlay, found->second, all, now);
    for (const left_exchange& each : _left) add_left(each, all);
    return all;
}

void host_encryption::add_docker(association_map& to) const {
    const config::docker_encryption usual;
    const config::docker_encryption& how = _config.node.docker_encryption.value_or(usual);
    const docker_settings settings{how.replay.window, policy_of(how.replay.policy)};
    for (const config::peer& peer : _config.peers) {
        const auto vtep = chosen_vtep(_config.node, peer);
        const bool needed = std::ranges::any_of(_config.overlays, [&](const config::overlay& overlay) {
            return is_docker(overlay) && takes_part(peer, overlay);
        });
        if (!vtep || !needed) continue;
        docker_peer with{vtep->is_v4() ? *_config.node.vtep_v4 : *_config.node.vtep_v6, *vtep};
        if (peer.esp_in_udp) {
            with.encapsulation_port = peer.esp_in_udp->port;
            with.keepalive_seconds = peer.esp_in_udp->keepalive_seconds;
        }
        for (auto& [key, association] : _docker->associations(with, settings))
            // Stock hosts do not look at what SPIs are reserved; ours could not carry it.
            if (key.spi >= smallest_spi) to.emplace(key, std::move(association));
    }
}

association_list host_encryption::agreed_associations(const config::overlay& overlay,
                                                      const config::waggle_profile& profile,
                                                      const exchange& with, const config::peer& peer) const {
    const auto vtep = chosen_vtep(_config.node, peer);
    if (!vtep || !takes_part(peer, overlay)) return {};
    exchange_peer end{.overlay = overlay.id, .vtep = *vtep, .replay_window = profile.replay_window};
    if (peer.esp_in_udp) {
        end.encapsulation_port = peer.esp_in_udp->port;
        end.keepalive_seconds = peer.esp_in_udp->keepalive_seconds;
    }
    return associations_of(with.agreed_with(peer.name), end);
}

void host_encryption::add_exchange(const config::overlay& overlay, exchange& with, association_map& to,
                                   moment now) {
    bool clash = false;
    for (const config::peer& peer : _config.peers) {
        const bool sends = !overlay.preferred ||
                           _preferred[overlay.name].may_send(peer.name, with.announcement_of(peer.name), now);
        for (auto& [key, association] : agreed_associations(overlay, *waggle_of(overlay), with, peer))
            if (sends || key.direction == api::direction::inbound)
                clash |= !to.emplace(key, std::move(association)).second;
    }
    // Another half of ours gives other SPIs; peers take it up before they use the one that clashes.
    if (clash) with.rekey(now);
}

void host_encryption::add_left(const left_exchange& left, association_map& to) const {
    const auto overlay = std::ranges::find(_config.overlays, left.overlay, &config::overlay::name);
    if (overlay == _config.overlays.end() || !is_docker(*overlay)) return;
    for (const config::peer& peer : _config.peers)
        for (auto& [key, association] : agreed_associations(*overlay, left.profile, left.agreed, peer))
            if (key.direction == api::direction::inbound) to.emplace(key, std::move(association));
}

std::vector<std::string> host_encryption::peers_without_keys(const config::overlay& overlay) const {
    std::vector<std::string> names;
    const auto found = _exchanges.find(overlay.name);
    if (!overlay.encryption || (is_docker(overlay) && _docker)) return names;
    for (const config::peer& peer : _config.peers) {
        if (!takes_part(peer, overlay) || !chosen_vtep(_config.node, peer)) continue;
        const bool usable = found != _exchanges.end() &&
                            std::ranges::any_of(found->second.agreed_with(peer.name), &agreed_keys::sending);
        if (!usable) names.push_back(peer.name);
    }
    return names;
}

}  // namespace waggle::control
