#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "dataplane/api/association_rules.hh"
#include "dataplane/api/state.hh"

namespace waggle::api {

/// Closed states over a small universe of keys, so that two of them have much in common.
class random_states {
public:
    explicit random_states(std::uint64_t seed) : _random(seed) {}

    std::mt19937_64& engine() { return _random; }
    std::uint64_t below(std::uint64_t bound) { return _random() % bound; }
    bool chance(unsigned percent) { return below(100) < percent; }

    static vni nth_vni(std::uint64_t n) { return *vni::from(4096 + n); }
    static std::string nth_port(std::uint64_t n) { return "port" + std::to_string(n); }
    static ip_address nth_vtep(std::uint64_t n) {
        return n % 2 == 0 ? ip_address::from_v4(0xc0a8'0000 + static_cast<std::uint32_t>(n))
                          : *ip_address::parse("fd00::" + std::to_string(n));
    }

    overlay random_overlay() {
        return {"overlay" + std::to_string(below(3)), static_cast<std::uint16_t>(1400 + below(3)), chance(30),
                static_cast<encryption>(below(3))};
    }
    access_port random_port(vni of) {
        access_port port;
        port.overlay = of;
        port.mtu = static_cast<std::uint16_t>(1400 + below(2));
        if (chance(50)) {
            port.kind = tap_port{"tap" + std::to_string(below(3)), "/run/netns/w"};
        } else {
            port.kind = ethdev_port{"net_null" + std::to_string(below(3))};
        }
        return port;
    }
    vtep random_vtep(const ip_address& address) {
        vtep parameters;
        if (chance(80))
            parameters.hop = next_hop{
                "uplink", address.is_v4() ? *ip_address::parse("192.168.9.9") : *ip_address::parse("fd00::9"),
                mac_address::from_u64(0x0200'0000'0001), mac_address::from_u64(0x0200'0000'0100 + below(3)),
                static_cast<std::uint16_t>(1500 + below(2))};
        return parameters;
    }
    mac_address random_mac() { return mac_address::from_u64(0x0242'0a00'0000 + below(40)); }
    ip_address random_ip() {
        return chance(50) ? ip_address::from_v4(0x0a00'0000 + static_cast<std::uint32_t>(below(20)))
                          : *ip_address::parse("fd01::" + std::to_string(1 + below(20)));
    }
    /// Something that exists in `in` for an entry of `of`; nothing if there is nothing.
    std::optional<forwarding_target> random_target(const state& in, vni of) {
        std::vector<forwarding_target> targets;
        for (const auto& [name, port] : in.ports)
            if (port.overlay == of) targets.emplace_back(name);
        for (const member& one : in.members)
            if (one.overlay == of) targets.emplace_back(one.vtep);
        if (targets.empty()) return std::nullopt;
        return targets[below(targets.size())];
    }

    association random_association(encryption profile, std::optional<vni> overlay) {
        association made;
        made.profile = profile;
        if (profile == encryption::waggle) {
            made.overlay = overlay;
            made.lane = static_cast<std::uint16_t>(below(4));
            made.cipher = static_cast<cipher>(below(3));
            made.icv_length = 16;
            made.extended_sequence = true;
        }
        std::vector<std::uint8_t> material(keying_material_length(made.cipher));
        for (std::uint8_t& byte : material) byte = static_cast<std::uint8_t>(below(256));
        made.keying_material = *secret::from(material);
        made.replay_window = 64U << below(11);
        if (profile == encryption::docker) made.replay = static_cast<replay_policy>(below(3));
        made.phase = static_cast<association_phase>(below(3));
        made.encapsulation_port = static_cast<std::uint16_t>(below(2) * 4500);
        made.keepalive_seconds = static_cast<std::uint16_t>(below(30));
        made.instance = below(3);
        return made;
    }
    /// SPIs are few, so that two states have much in common; at most one sender for each purpose.
    void add_associations(state& in) {
        std::unordered_set<sender_slot, sender_slot_hash> senders;
        const auto add = [&](const ip_address& vtep, const association& made) {
            const association_key key{chance(50) ? direction::inbound : direction::outbound, vtep,
                                      256 + static_cast<std::uint32_t>(below(8))};
            if (in.associations.contains(key)) return;
            const auto slot = sender_slot_of(key, made);
            if (!slot || senders.insert(*slot).second) in.associations.emplace(key, made);
        };
        for (const auto& [address, way] : in.vteps)
            if (chance(50)) add(address, random_association(encryption::docker, std::nullopt));
        for (const member& one : in.members)
            if (in.overlays.at(one.overlay).encryption != encryption::none)
                for (std::uint64_t count = below(4); count != 0; --count)
                    add(one.vtep, random_association(encryption::waggle, one.overlay));
    }

    state next() {
        state out;
        out.udp_port = static_cast<std::uint16_t>(below(3) * 4789);
        for (std::uint64_t n = 0; n < 4; ++n)
            if (chance(70)) out.overlays.emplace(nth_vni(n), random_overlay());
        for (std::uint64_t n = 0; n < 6; ++n)
            if (chance(70)) out.vteps.emplace(nth_vtep(n), random_vtep(nth_vtep(n)));
        for (const auto& [id, parameters] : out.overlays) {
            for (const auto& [address, way] : out.vteps)
                if (chance(60)) out.members.insert({id, address});
            if (chance(80)) out.ports.emplace(nth_port(below(6)), random_port(id));
        }
        for (const auto& [id, parameters] : out.overlays)
            for (std::uint64_t count = below(30); count != 0; --count) {
                if (auto target = random_target(out, id))
                    out.forwarding.insert_or_assign({id, random_mac()}, *target);
                out.neighbours.insert_or_assign({id, random_ip()}, random_mac());
            }
        add_associations(out);
        return out;
    }

private:
    std::mt19937_64 _random;
};

/// A seed that the test prints, so that a failure can be repeated.
inline std::uint64_t random_seed() {
    return std::random_device{}();
}

}  // namespace waggle::api
