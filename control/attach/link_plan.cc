#include "control/attach/link_plan.hh"

#include <algorithm>

namespace waggle::control {

namespace {

bool same_way(const netlink::route& a, const netlink::route& b) {
    return a.destination == b.destination && a.gateway == b.gateway;
}

std::vector<netlink::route> wanted_routes(const container_link& wanted, int link) {
    std::vector<netlink::route> routes;
    for (const config::route& one : wanted.attachment.routes)
        routes.push_back({one.destination.network(), one.gateway, link, netlink::waggle_protocol});
    return routes;
}

}  // namespace

std::string link_alias(const std::string& node, const container_link& wanted) {
    return "waggle:" + node + ":" + wanted.overlay + ":" + wanted.endpoint;
}

const netlink::link* find_existing(const std::vector<netlink::link>& links, const std::string& alias) {
    const auto found = std::find_if(links.begin(), links.end(),
                                    [&](const netlink::link& one) { return one.alias == alias; });
    return found == links.end() ? nullptr : &*found;
}

bool sits_on(const netlink::link& existing, int tap, std::int32_t home) {
    return existing.kind == "macvlan" && existing.lower == tap && existing.lower_namespace == home;
}

std::optional<netlink::link_change> plan_link_change(const container_link& wanted, const std::string& alias,
                                                     const netlink::link& existing) {
    netlink::link_change change;
    bool any = false;
    if (existing.name != wanted.attachment.interface) {
        change.name = wanted.attachment.interface;
        any = true;
    }
    if (existing.mac != wanted.mac) {
        change.mac = wanted.mac;
        any = true;
    }
    if (existing.mtu != wanted.mtu) {
        change.mtu = wanted.mtu;
        any = true;
    }
    if (existing.alias != alias) {
        change.alias = alias;
        any = true;
    }
    if (!existing.up) {
        change.up = true;
        any = true;
    }
    if (!any) return std::nullopt;
    return change;
}

address_plan plan_addresses(const container_link& wanted, int link,
                            const std::vector<netlink::interface_address>& addresses,
                            const std::vector<netlink::route>& routes) {
    address_plan plan;
    auto is_wanted = [&](const ip_prefix& address) {
        return std::find(wanted.addresses.begin(), wanted.addresses.end(), address) != wanted.addresses.end();
    };
    for (const auto& there : addresses)
        if (there.protocol == netlink::waggle_protocol && !is_wanted(there.address))
            plan.remove_addresses.push_back(there.address);
    for (const ip_prefix& address : wanted.addresses) {
        const bool present = std::any_of(addresses.begin(), addresses.end(),
                                         [&](const auto& there) { return there.address == address; });
        if (!present) plan.add_addresses.push_back(address);
    }
    const std::vector<netlink::route> routes_wanted = wanted_routes(wanted, link);
    auto has = [](const std::vector<netlink::route>& list, const netlink::route& one) {
        return std::any_of(list.begin(), list.end(),
                           [&](const netlink::route& other) { return same_way(one, other); });
    };
    for (const netlink::route& there : routes)
        if (there.protocol == netlink::waggle_protocol && !has(routes_wanted, there))
            plan.remove_routes.push_back(there);
    for (const netlink::route& one : routes_wanted)
        if (!has(routes, one)) plan.add_routes.push_back(one);
    return plan;
}

}  // namespace waggle::control
