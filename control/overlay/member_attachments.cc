#include <algorithm>
#include <array>
#include <set>
#include <sodium/crypto_hash_sha256.h>

#include "control/overlay/member_config.hh"
#include "control/overlay/overlay_mtu.hh"

namespace waggle::control {
namespace {

constexpr std::size_t docker_key_length = 16;

}  // namespace

std::string container_id(const config::node& node, const config::endpoint& endpoint) {
    // Names have no line ends.
    std::string text = node.name + "\n" + endpoint.name + "\n" + endpoint.overlay;
    for (const ip_prefix& each : endpoint.addresses) text += "\n" + each.address.to_string();
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    constexpr char digits[] = "0123456789abcdef";
    std::string id;
    for (const unsigned char each : digest) {
        id += digits[each >> 4];
        id += digits[each & 15];
    }
    return id;
}

std::map<std::string, swarm::wanted_attachment> wanted_attachments(const config::config& file) {
    std::set<std::string_view> of_file;
    for (const config::overlay& each : file.overlays) of_file.insert(each.name);
    std::map<std::string, swarm::wanted_attachment> wanted;
    for (const config::endpoint& each : file.endpoints) {
        if (each.host != file.node.name || of_file.contains(each.overlay)) continue;
        swarm::wanted_attachment& one = wanted[container_id(file.node, each)];
        one.target = each.overlay;
        one.aliases = each.aliases;
        for (const ip_prefix& address : each.addresses) one.addresses.push_back(address.address);
    }
    return wanted;
}

config::config told_to_swarm(const member_config& of) {
    config::config told;
    told.node = of.config.node;
    told.gossip = of.config.gossip;
    std::set<std::string_view> of_swarm;
    for (const config::overlay& each : of.config.overlays)
        if (of.mtu_limits.contains(each.name)) {
            told.overlays.push_back(each);
            of_swarm.insert(each.name);
        }
    for (const config::endpoint& each : of.config.endpoints)
        if (each.host == told.node.name && of_swarm.contains(each.overlay)) told.endpoints.push_back(each);
    return told;
}

void limit_mtus(config::config& config, const std::map<std::string, std::uint16_t>& limits,
                const host_facts& facts) {
    for (config::overlay& each : config.overlays)
        if (const auto limit = limits.find(each.name); limit != limits.end())
            each.mtu = std::min(limit->second, overlay_mtu(config, each, facts));
}

std::optional<docker_keyring> docker_keys_of(const swarm::view& member) {
    docker_keyring ring;
    if (member.ipsec_keys.size() != ring.keys.size()) return std::nullopt;
    for (std::size_t i = 0; i < ring.keys.size(); ++i) {
        const swarm::session_key& each = member.ipsec_keys[i];
        if (each.key.size() != docker_key_length) return std::nullopt;
        ring.keys[i] = {static_cast<std::uint32_t>(each.lamport_time), each.key};
    }
    return ring;
}

std::optional<ip_address> host_of(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return ip_address::parse(host);
}

}  // namespace waggle::control
