#include "control/underlay/next_hop.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <linux/rtnetlink.h>

namespace waggle::control {

namespace {

resolution without(std::string reason, std::optional<netlink::neighbour_id> via = {}) {
    return {std::nullopt, std::move(reason), via};
}

/// Why the kernel had no route, by its errno.
std::string no_route(const std::string& vtep, int code) {
    switch (code) {
        case 0:
            return "the route to " + vtep + " has not been looked up yet";
        case ENETUNREACH:
            return "the kernel has no route to " + vtep;
        case EHOSTUNREACH:
            return "the kernel's route to " + vtep + " says that it is unreachable";
        case EACCES:
            return "the kernel's routes prohibit " + vtep;
        case EINVAL:
            return "the kernel's route to " + vtep + " is a black hole";
        default:
            return "look up the route to " + vtep + ": " + std::strerror(code);
    }
}

/// Why a route of that type carries no tunnel; empty for RTN_UNICAST.
std::string unfit_type(const std::string& vtep, std::uint8_t type) {
    switch (type) {
        case RTN_UNICAST:
            return {};
        case RTN_LOCAL:
            return vtep + " is this host's own address";
        case RTN_UNREACHABLE:
            return no_route(vtep, EHOSTUNREACH);
        case RTN_PROHIBIT:
            return no_route(vtep, EACCES);
        case RTN_BLACKHOLE:
            return no_route(vtep, EINVAL);
        case RTN_BROADCAST:
        case RTN_ANYCAST:
        case RTN_MULTICAST:
            return vtep + " is not the address of a single host";
        default:
            return "the kernel's route to " + vtep + " is of type " + std::to_string(type) +
                   ", which carries no tunnel";
    }
}

/// Why a device can't send to a neighbour; empty if it can.
std::string unfit_link(const std::string& vtep, const netlink::link& link,
                       const underlay_settings& settings) {
    const std::string leaves = "the route to " + vtep + " leaves by " + link.name;
    if (link.loopback) return leaves + ", the loopback device";
    if (!settings.port_of_interface.contains(link.name))
        return leaves + ", which is not an underlay port of this node";
    if (!link.up) return leaves + ", which is down";
    if (link.no_arp) return leaves + ", which has no link-layer addresses";
    return {};
}

std::string unresolved(const netlink::neighbour_id& via, const std::string& link,
                       const neighbour_table::entry* known) {
    const std::string who = via.ip.to_string() + " on " + link;
    if (known != nullptr && !known->refusal.empty()) return "resolve " + who + ": " + known->refusal;
    if (known == nullptr || !known->failed) return "waits for the link-layer address of " + who;
    return via.ip.to_string() + " does not answer " +
           (via.ip.is_v4() ? "ARP requests on " : "neighbour solicitations on ") + link;
}

}  // namespace

tunnel_source source_for(const ip_address& vtep, const underlay_settings& settings, const host_tables& host) {
    const std::optional<ip_address>& own = vtep.is_v4() ? settings.vtep_v4 : settings.vtep_v6;
    const char* family = vtep.is_v4() ? "IPv4" : "IPv6";
    if (!own)
        return {std::nullopt, std::string("this node has no ") + family + " VTEP address to reach " +
                                  vtep.to_string() + " from"};
    if (!host.addresses.contains(*own))
        return {std::nullopt,
                "this node's VTEP address " + own->to_string() +
                    " is not on any interface of this host: add it, or correct the node's vtep"};
    if (host.addresses.contains(vtep))
        return {std::nullopt, vtep.to_string() + " is this host's own address"};
    return {own, {}};
}

resolution resolve(const ip_address& vtep, const underlay_settings& settings, const host_tables& host,
                   const route_lookup& route, const neighbour_table& neighbours) {
    const tunnel_source source = source_for(vtep, settings, host);
    if (!source.address) return without(source.reason);
    const std::string name = vtep.to_string();
    if (!route.answer) return without(no_route(name, route.code));
    if (auto unfit = unfit_type(name, route.answer->type); !unfit.empty()) return without(std::move(unfit));
    const auto link = host.links.find(route.answer->link);
    if (link == host.links.end())
        return without("the route to " + name + " leaves by an interface that is gone");
    if (auto unfit = unfit_link(name, link->second, settings); !unfit.empty())
        return without(std::move(unfit));

    const netlink::neighbour_id via{route.answer->link, route.answer->gateway.value_or(vtep)};
    const neighbour_table::entry* known = neighbours.find(via);
    if (known == nullptr || !known->mac) return without(unresolved(via, link->second.name, known), via);

    const std::uint32_t mtu = std::min(link->second.mtu, route.answer->mtu.value_or(link->second.mtu));
    api::next_hop hop;
    hop.port = settings.port_of_interface.at(link->second.name);
    hop.source = *source.address;
    hop.source_mac = link->second.mac;
    hop.destination_mac = *known->mac;
    hop.path_mtu =
        static_cast<std::uint16_t>(std::min<std::uint32_t>(mtu, std::numeric_limits<std::uint16_t>::max()));
    return {hop, {}, via};
}

}  // namespace waggle::control
