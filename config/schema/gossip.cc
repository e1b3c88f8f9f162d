#include "config/schema/gossip.hh"

#include <algorithm>
#include <charconv>

#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

constexpr std::string_view address_allowed = "an IPv4 or IPv6 address of this host that peers reach";
constexpr std::string_view seed_allowed =
    "the address of another host's gossip, as in 192.0.2.2, 192.0.2.2:7946 or [2001:db8::2]:7946";
constexpr std::size_t most_seeds = 64;

/// An address that packets can be sent to from another host.
bool reachable(const ip_address& ip) {
    return !ip.is_unspecified() && !ip.is_multicast() && !ip.is_link_local();
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failed != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

void read_seeds(const cursor& at, gossip& result) {
    if (!is_list(at, "a list of addresses of other hosts' gossip")) return;
    const std::vector<tree_node>& items = at.node().items;
    if (items.size() > most_seeds) {
        at.problem("has " + std::to_string(items.size()) +
                   " seeds; allowed: up to 64, as any one host that answers tells of all others");
        return;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        const cursor item(at, i, items[i]);
        const auto text = read_text(item, seed_allowed);
        if (!text) continue;
        const auto seed = parse_gossip_seed(*text, result.port);
        if (!seed) {
            item.refuse(seed_allowed);
        } else if (std::find(result.seeds.begin(), result.seeds.end(), *seed) != result.seeds.end()) {
            item.problem("is given twice; allowed: each seed once");
        } else {
            result.seeds.push_back(*seed);
        }
    }
}

}  // namespace

std::optional<gossip_seed> parse_gossip_seed(std::string_view text, std::uint16_t port) {
    gossip_seed seed;
    seed.port = port;
    std::string_view address = text;
    std::string_view number;
    if (text.starts_with('[')) {
        const std::size_t end = text.find("]:");
        if (end == std::string_view::npos) return std::nullopt;
        address = text.substr(1, end - 1);
        number = text.substr(end + 2);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        address = text.substr(0, text.find(':'));
        number = text.substr(text.find(':') + 1);
    }
    if (address.size() != text.size()) {
        const auto given = parse_port(number);
        if (!given) return std::nullopt;
        seed.port = *given;
    }
    const auto ip = ip_address::parse(address);
    if (!ip || !reachable(*ip)) return std::nullopt;
    seed.address = *ip;
    return seed;
}

gossip read_gossip(const cursor& at, const node& of) {
    gossip result;
    const map_reader map(at, {"seeds", "keys", "advertise", "port"});
    if (const auto entry = map.optional("port"))
        if (const auto number = read_number(*entry, 1, 65535))
            result.port = static_cast<std::uint16_t>(*number);
    if (const auto entry = map.optional("seeds")) read_seeds(*entry, result);
    if (const auto entry = map.required("keys", "the path of a file with the gossip keys"))
        if (auto path = read_absolute_path(*entry)) result.keys = std::move(*path);
    if (of.vtep_v4) {
        result.advertise = *of.vtep_v4;
    } else if (of.vtep_v6) {
        result.advertise = *of.vtep_v6;
    }
    if (const auto entry = map.optional("advertise"))
        if (const auto text = read_text(*entry, address_allowed)) {
            const auto ip = ip_address::parse(*text);
            if (!ip || !reachable(*ip)) {
                entry->refuse(address_allowed);
            } else {
                result.advertise = *ip;
            }
        }
    return result;
}

}  // namespace waggle::config
