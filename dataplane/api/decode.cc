#include <array>
#include <limits>

#include "dataplane/api/codec.hh"

namespace waggle::api {

namespace {

constexpr std::uint64_t largest_mac = 0xffff'ffff'ffff;

error malformed(const std::string& what) {
    return error{"malformed message: " + what};
}

error bad_vni(std::uint32_t value) {
    return malformed("VNI " + std::to_string(value) + " is above " + std::to_string(vni::maximum));
}

error bad_mac() {
    return malformed("a MAC address of more than 48 bits");
}

error bad_columns(const std::string& what) {
    return malformed("columns of different lengths in " + what);
}

ip_address from_halves(std::uint64_t high, std::uint64_t low) {
    std::array<std::uint8_t, 16> bytes{};
    for (unsigned i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
        bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    return ip_address::load_v6(bytes.data());
}

std::optional<std::uint16_t> as_mtu(std::uint32_t value) {
    if (value > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
    return static_cast<std::uint16_t>(value);
}

error bad_mtu(const std::string& what, std::uint32_t value) {
    return malformed("MTU " + std::to_string(value) + " of " + what + " is above 65535");
}

result<std::pair<std::string, access_port>> decode_port(const wire::Port& from) {
    access_port port;
    const auto id = vni::from(from.overlay());
    if (!id) return bad_vni(from.overlay());
    port.overlay = *id;
    const auto mtu = as_mtu(from.mtu());
    if (!mtu) return bad_mtu("port \"" + from.name() + "\"", from.mtu());
    port.mtu = *mtu;
    if (from.has_tap()) {
        port.kind = tap_port{from.tap().interface(), from.tap().network_namespace()};
    } else if (from.has_ethdev()) {
        port.kind = ethdev_port{from.ethdev().device()};
    } else {
        return malformed("port \"" + from.name() + "\" is of no kind");
    }
    return std::pair{from.name(), std::move(port)};
}

result<std::pair<ip_address, vtep>> decode_vtep(const wire::Vtep& from) {
    const auto address = decode_address(from.address());
    if (!address) return malformed("VTEP address of neither 4 nor 16 bytes");
    vtep parameters;
    if (from.has_hop()) {
        const auto source = decode_address(from.hop().source());
        if (!source) return malformed("source address of neither 4 nor 16 bytes");
        const auto mtu = as_mtu(from.hop().path_mtu());
        if (!mtu) return bad_mtu("the way to VTEP " + address->to_string(), from.hop().path_mtu());
        if (from.hop().source_mac() > largest_mac || from.hop().destination_mac() > largest_mac)
            return bad_mac();
        parameters.hop = next_hop{from.hop().port(), *source, mac_address::from_u64(from.hop().source_mac()),
                                  mac_address::from_u64(from.hop().destination_mac()), *mtu};
    }
    return std::pair{*address, std::move(parameters)};
}

result<void> decode_members(const wire::Members& from, std::vector<member>& out) {
    if (from.overlay_size() != from.vtep_size()) return bad_columns("members");
    std::vector<ip_address> addresses;
    for (const std::string& bytes : from.addresses()) {
        const auto address = decode_address(bytes);
        if (!address) return malformed("member address of neither 4 nor 16 bytes");
        addresses.push_back(*address);
    }
    for (int i = 0; i < from.overlay_size(); ++i) {
        const auto id = vni::from(from.overlay(i));
        if (!id) return bad_vni(from.overlay(i));
        if (from.vtep(i) >= addresses.size()) return malformed("member of an address that is not there");
        out.push_back({*id, addresses[from.vtep(i)]});
    }
    return {};
}

/// Calls take(key, index) for each.
template <typename Take>
result<void> decode_forwarding_keys(const wire::Forwarding& from, Take take) {
    if (from.overlay_size() != from.mac_size()) return bad_columns("forwarding entries");
    for (int i = 0; i < from.mac_size(); ++i) {
        const auto id = vni::from(from.overlay(i));
        if (!id) return bad_vni(from.overlay(i));
        if (from.mac(i) > largest_mac) return bad_mac();
        take(forwarding_key{*id, mac_address::from_u64(from.mac(i))}, i);
    }
    return {};
}

result<void> decode_forwarding(const wire::Forwarding& from,
                               std::vector<std::pair<forwarding_key, forwarding_target>>& out) {
    if (from.target_size() != from.mac_size()) return bad_columns("forwarding entries");
    std::vector<forwarding_target> targets;
    for (const wire::Target& target : from.targets()) {
        if (target.has_port()) {
            targets.emplace_back(target.port());
            continue;
        }
        const auto address = decode_address(target.vtep());
        if (!address) return malformed("target address of neither 4 nor 16 bytes");
        targets.emplace_back(*address);
    }
    for (const std::uint32_t target : from.target())
        if (target >= targets.size()) return malformed("forwarding entry with a target that is not there");
    out.reserve(out.size() + static_cast<std::size_t>(from.mac_size()));
    return decode_forwarding_keys(
        from, [&](const forwarding_key& key, int i) { out.emplace_back(key, targets[from.target(i)]); });
}

/// Calls take(key, index) for each.
template <typename Take>
result<void> decode_neighbour_keys(const wire::NeighboursV4& from, Take take) {
    if (from.overlay_size() != from.ip_size()) return bad_columns("neighbours");
    for (int i = 0; i < from.ip_size(); ++i) {
        const auto id = vni::from(from.overlay(i));
        if (!id) return bad_vni(from.overlay(i));
        take(neighbour_key{*id, ip_address::from_v4(from.ip(i))}, i);
    }
    return {};
}

template <typename Take>
result<void> decode_neighbour_keys(const wire::NeighboursV6& from, Take take) {
    if (from.overlay_size() != from.ip_high_size() || from.overlay_size() != from.ip_low_size())
        return bad_columns("neighbours");
    for (int i = 0; i < from.overlay_size(); ++i) {
        const auto id = vni::from(from.overlay(i));
        if (!id) return bad_vni(from.overlay(i));
        take(neighbour_key{*id, from_halves(from.ip_high(i), from.ip_low(i))}, i);
    }
    return {};
}

template <typename Columns>
result<void> decode_neighbours(const Columns& from, std::vector<std::pair<neighbour_key, mac_address>>& out) {
    if (from.overlay_size() != from.mac_size()) return bad_columns("neighbours");
    for (const std::uint64_t mac : from.mac())
        if (mac > largest_mac) return bad_mac();
    return decode_neighbour_keys(from, [&](const neighbour_key& key, int i) {
        out.emplace_back(key, mac_address::from_u64(from.mac(i)));
    });
}

}  // namespace

std::optional<ip_address> decode_address(const std::string& bytes) {
    if (bytes.size() == 4) return ip_address::load_v4(bytes.data());
    if (bytes.size() == 16) return ip_address::load_v6(bytes.data());
    return std::nullopt;
}

result<std::pair<vni, overlay>> decode_overlay(const wire::Overlay& from) {
    const auto id = vni::from(from.vni());
    if (!id) return bad_vni(from.vni());
    const auto mtu = as_mtu(from.mtu());
    if (!mtu) return bad_mtu("overlay " + id->to_string(), from.mtu());
    if (from.encryption() < wire::ENCRYPTION_NONE || from.encryption() > wire::ENCRYPTION_WAGGLE)
        return malformed("overlay " + id->to_string() + " of an unknown encryption");
    return std::pair{*id,
                     overlay{from.name(), *mtu, from.flood(), static_cast<encryption>(from.encryption())}};
}

result<void> decode(const wire::Entries& from, delta::upsert_lists& out) {
    if (from.has_udp_port()) {
        if (from.udp_port() > std::numeric_limits<std::uint16_t>::max())
            return malformed("UDP port " + std::to_string(from.udp_port()) + " is above 65535");
        out.udp_port = static_cast<std::uint16_t>(from.udp_port());
    }
    for (const wire::Port& one : from.ports()) {
        auto port = decode_port(one);
        if (!port) return port.failure();
        out.ports.push_back(*std::move(port));
    }
    for (const wire::Overlay& one : from.overlays()) {
        auto decoded = decode_overlay(one);
        if (!decoded) return decoded.failure();
        out.overlays.push_back(*std::move(decoded));
    }
    for (const wire::Vtep& one : from.vteps()) {
        auto decoded = decode_vtep(one);
        if (!decoded) return decoded.failure();
        out.vteps.push_back(*std::move(decoded));
    }
    if (auto done = decode_members(from.members(), out.members); !done) return done;
    if (auto done = decode_forwarding(from.forwarding(), out.forwarding); !done) return done;
    if (auto done = decode_neighbours(from.neighbours_v4(), out.neighbours); !done) return done;
    if (auto done = decode_neighbours(from.neighbours_v6(), out.neighbours); !done) return done;
    for (const wire::Association& one : from.associations()) {
        auto decoded = decode_association(one);
        if (!decoded) return decoded.failure();
        out.associations.push_back(*std::move(decoded));
    }
    return {};
}

result<void> decode(const wire::Keys& from, delta::removal_lists& out) {
    out.ports.insert(out.ports.end(), from.ports().begin(), from.ports().end());
    for (const std::uint32_t value : from.overlays()) {
        const auto id = vni::from(value);
        if (!id) return bad_vni(value);
        out.overlays.push_back(*id);
    }
    for (const std::string& bytes : from.vteps()) {
        const auto address = decode_address(bytes);
        if (!address) return malformed("VTEP address of neither 4 nor 16 bytes");
        out.vteps.push_back(*address);
    }
    if (auto done = decode_members(from.members(), out.members); !done) return done;
    if (auto done = decode_forwarding_keys(
            from.forwarding(), [&](const forwarding_key& key, int) { out.forwarding.push_back(key); });
        !done)
        return done;
    const auto take = [&](const neighbour_key& key, int) { out.neighbours.push_back(key); };
    if (auto done = decode_neighbour_keys(from.neighbours_v4(), take); !done) return done;
    if (auto done = decode_neighbour_keys(from.neighbours_v6(), take); !done) return done;
    for (const wire::AssociationKey& one : from.associations()) {
        const auto key = decode_association_key(one);
        if (!key) return key.failure();
        out.associations.push_back(*key);
    }
    return {};
}

}  // namespace waggle::api
