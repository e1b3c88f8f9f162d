#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "config/config.hh"
#include "control/overlay/host_facts.hh"

namespace waggle::control {

inline ip_address ip(const char* text) {
    return *ip_address::parse(text);
}
inline ip_prefix prefix(const char* text) {
    return *ip_prefix::parse(text);
}
inline vni id(std::uint32_t value) {
    return *vni::from(value);
}

/// Node alpha with VTEPs of both families, overlay blue (4097), peer beta with both families.
inline config::config small_config() {
    config::config config;
    config.node.name = "alpha";
    config.node.vtep_v4 = ip("192.0.2.1");
    config.node.vtep_v6 = ip("2001:db8::1");
    config.node.underlay = {{"wan", config::packet_underlay{"eth0"}}};
    config.overlays = {{"blue", id(4097), {prefix("10.1.0.0/24")}, std::nullopt, false}};
    config.peers = {{"beta", ip("192.0.2.2"), ip("2001:db8::2"), std::nullopt}};
    return config;
}

inline config::endpoint endpoint_on(const std::string& host, const std::string& name, const char* address,
                                    std::optional<config::attachment> attached = std::nullopt) {
    config::endpoint endpoint;
    endpoint.name = name;
    endpoint.overlay = "blue";
    endpoint.addresses = {prefix(address)};
    endpoint.mac = mac_address::derived_from(endpoint.addresses[0].address);
    endpoint.host = host;
    endpoint.attached = std::move(attached);
    return endpoint;
}

inline config::attachment container(const std::string& name) {
    return config::container_attachment{config::namespace_by_name{name}, "eth0", {}};
}

inline host_facts small_facts() {
    host_facts facts;
    facts.underlay_mtus = {{"wan", 1500}};
    facts.waggle_namespace = "/run/netns/waggle-alpha";
    facts.next_hops[ip("192.0.2.2")] = api::next_hop{.port = "wan",
                                                     .source = ip("192.0.2.1"),
                                                     .source_mac = mac_address::from_u64(0x020000000001),
                                                     .destination_mac = mac_address::from_u64(0x020000000002),
                                                     .path_mtu = 1500};
    return facts;
}

/// A valid configuration with a random number of everything.
inline config::config random_config(std::mt19937_64& random) {
    auto below = [&](std::size_t n) { return random() % n; };
    config::config config;
    config.node.name = "self";
    std::size_t families = 1 + below(3);
    if (families & 1U) config.node.vtep_v4 = ip("192.0.2.1");
    if (families & 2U) config.node.vtep_v6 = ip("2001:db8::1");
    config.node.underlay = {{"wan", config::packet_underlay{"eth0"}}};
    std::size_t overlays = below(5);
    for (std::size_t i = 0; i < overlays; ++i)
        config.overlays.push_back({"net" + std::to_string(i),
                                   id(static_cast<std::uint32_t>(100 + i)),
                                   {prefix("10.0.0.0/8")},
                                   below(3) == 0 ? std::optional<std::uint16_t>(1300) : std::nullopt,
                                   below(2) == 0});
    std::size_t peers = below(6);
    for (std::size_t i = 0; i < peers; ++i) {
        config::peer peer;
        peer.name = "peer" + std::to_string(i);
        std::size_t has = 1 + below(3);
        if (has & 1U) peer.vtep_v4 = ip_address::from_v4(0xc0000210U + static_cast<std::uint32_t>(i));
        if (has & 2U) peer.vtep_v6 = ip(("2001:db8::1" + std::to_string(i)).c_str());
        if (below(2) == 0) {
            peer.overlays.emplace();
            for (const config::overlay& overlay : config.overlays)
                if (below(2) == 0) peer.overlays->push_back(overlay.name);
        }
        config.peers.push_back(std::move(peer));
    }
    std::size_t endpoints = config.overlays.empty() ? 0 : below(40);
    for (std::size_t i = 0; i < endpoints; ++i) {
        config::endpoint endpoint;
        endpoint.name = "e" + std::to_string(i);
        endpoint.overlay = config.overlays[below(overlays)].name;
        endpoint.addresses = {{ip_address::from_v4(0x0a000010U + static_cast<std::uint32_t>(i)), 8}};
        if (below(3) == 0) endpoint.addresses.push_back({ip(("fd00::" + std::to_string(i)).c_str()), 64});
        endpoint.mac = mac_address::derived_from(endpoint.addresses[0].address);
        if (peers != 0 && below(2) == 0) {
            endpoint.host = config.peers[below(peers)].name;
        } else {
            endpoint.host = "self";
            switch (below(4)) {
                case 0:
                    endpoint.attached = config::vhost_user_attachment{"/run/v" + endpoint.name, 2};
                    break;
                case 1:
                    endpoint.attached = config::memif_attachment{"/run/m", static_cast<unsigned>(i)};
                    break;
                case 2:
                    endpoint.attached = config::ethdev_attachment{"net_null" + std::to_string(i)};
                    break;
                default:
                    endpoint.attached = container(endpoint.name);
            }
        }
        config.endpoints.push_back(std::move(endpoint));
    }
    return config;
}

/// Next hops for about half of the peers' addresses.
inline host_facts random_facts(std::mt19937_64& random, const config::config& config) {
    host_facts facts = small_facts();
    facts.next_hops.clear();
    facts.underlay_mtus["wan"] = static_cast<std::uint16_t>(1280 + random() % 8000);
    for (const config::peer& peer : config.peers)
        for (const auto& address : {peer.vtep_v4, peer.vtep_v6}) {
            if (!address || random() % 2 == 0) continue;
            facts.next_hops[*address] = api::next_hop{
                .port = "wan",
                .source = address->is_v4() ? ip("192.0.2.1") : ip("2001:db8::1"),
                .source_mac = mac_address::from_u64(0x020000000001),
                .destination_mac = mac_address::from_u64(0x020000000100 + random() % 200),
                .path_mtu = facts.underlay_mtus["wan"],
            };
        }
    return facts;
}

/// The same configuration with its lists in another order.
inline config::config shuffled(config::config config, std::mt19937_64& random) {
    std::ranges::shuffle(config.overlays, random);
    std::ranges::shuffle(config.peers, random);
    std::ranges::shuffle(config.endpoints, random);
    return config;
}

}  // namespace waggle::control
