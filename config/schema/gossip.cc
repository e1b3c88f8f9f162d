#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

constexpr std::size_t most_seeds = 64;

bool is_host(const ip_address& ip) {
    return !ip.is_unspecified() && !ip.is_multicast() && !(ip.is_v6() && ip.is_link_local());
}

std::optional<seed> parse_seed(const std::string& text, std::uint16_t port) {
    if (const auto ip = ip_address::parse(text)) return seed{*ip, port};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon + 1 == text.size() || text.size() - colon > 6)
        return std::nullopt;
    unsigned number = 0;
    for (const char digit : text.substr(colon + 1)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + static_cast<unsigned>(digit - '0');
    }
    std::string host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto ip = ip_address::parse(host);
    if (!ip || ip->is_v4() == bracketed || number == 0 || number > 65535) return std::nullopt;
    return seed{*ip, static_cast<std::uint16_t>(number)};
}

void read_seeds(const map_reader& map, gossip& result) {
    constexpr std::string_view allowed =
        "a list of up to 64 hosts such as [192.0.2.1, \"192.0.2.2:7946\", \"[2001:db8::1]:7946\"]";
    const auto list = map.required("seeds", allowed);
    if (!list || !is_list(*list, allowed)) return;
    const std::vector<tree_node>& items = list->node().items;
    if (items.size() > most_seeds)
        list->problem("has " + std::to_string(items.size()) + " hosts; allowed: up to " +
                      std::to_string(most_seeds));
    for (std::size_t i = 0; i < items.size(); ++i) {
        constexpr std::string_view one = "an IP address, with or without a port";
        const cursor item(*list, i, items[i]);
        const auto text = read_text(item, one);
        if (!text) continue;
        const auto parsed = parse_seed(*text, result.port);
        if (parsed && is_host(parsed->ip))
            result.seeds.push_back(*parsed);
        else
            item.refuse(one);
    }
}

}  // namespace

gossip read_gossip(const cursor& at, scope& known) {
    gossip result;
    known.has_gossip = true;
    const map_reader map(at, {"seeds", "keys", "advertise", "port"});
    if (const auto entry = map.optional("port"))
        if (const auto number = read_number(*entry, 1, 65535))
            result.port = static_cast<std::uint16_t>(*number);
    read_seeds(map, result);
    if (const auto entry = map.required("keys", "the path of the file with the gossip keys"))
        if (const auto path = read_absolute_path(*entry)) result.keys = *path;
    if (const auto entry = map.optional("advertise")) {
        constexpr std::string_view allowed = "an address of this host that all others reach";
        if (const auto text = read_text(*entry, allowed)) {
            result.advertise = ip_address::parse(*text);
            if (!result.advertise || !is_host(*result.advertise) || result.advertise->is_loopback())
                entry->refuse(allowed);
        }
    }
    return result;
}

}  // namespace waggle::config
