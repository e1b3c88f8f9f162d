#include "config/schema/host_and_port.hh"

#include <string>

#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

constexpr std::size_t most_hosts = 64;

std::optional<seed> parse_host(const std::string& text, std::uint16_t port) {
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

}  // namespace

bool is_host(const ip_address& ip) {
    return !ip.is_unspecified() && !ip.is_multicast() && !(ip.is_v6() && ip.is_link_local());
}

std::vector<seed> read_hosts(const cursor& list, std::uint16_t usual_port, std::string_view allowed) {
    std::vector<seed> hosts;
    if (!is_list(list, allowed)) return hosts;
    const std::vector<tree_node>& items = list.node().items;
    if (items.size() > most_hosts)
        list.problem("has " + std::to_string(items.size()) + " hosts; allowed: up to " +
                     std::to_string(most_hosts));
    for (std::size_t i = 0; i < items.size(); ++i) {
        constexpr std::string_view one = "an IP address, with or without a port";
        const cursor item(list, i, items[i]);
        const auto text = read_text(item, one);
        if (!text) continue;
        const auto parsed = parse_host(*text, usual_port);
        if (parsed && is_host(parsed->ip))
            hosts.push_back(*parsed);
        else
            item.refuse(one);
    }
    return hosts;
}

std::optional<ip_address> read_advertise(const map_reader& map) {
    constexpr std::string_view allowed = "an address of this host that all others reach";
    const auto entry = map.optional("advertise");
    if (!entry) return std::nullopt;
    const auto text = read_text(*entry, allowed);
    if (!text) return std::nullopt;
    const auto ip = ip_address::parse(*text);
    if (ip && is_host(*ip) && !ip->is_loopback()) return ip;
    entry->refuse(allowed);
    return std::nullopt;
}

std::optional<std::uint16_t> read_port(const map_reader& map) {
    const auto entry = map.optional("port");
    if (!entry) return std::nullopt;
    const auto number = read_number(*entry, 1, 65535);
    if (!number) return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

}  // namespace waggle::config
