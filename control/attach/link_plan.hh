#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/attach/container_link.hh"
#include "control/netlink/address.hh"
#include "control/netlink/link.hh"
#include "control/netlink/route.hh"

/// What has to be done to a link so that it is as wanted: pure functions of what is wanted and what the
/// kernel tells.
namespace waggle::control {

/// The text by which a link tells whose it is, "waggle:NODE:OVERLAY:ENDPOINT".
std::string link_alias(const std::string& node, const container_link& wanted);

/// The link of `wanted` among those of its namespace, or null: it carries our alias.
const netlink::link* find_existing(const std::vector<netlink::link>& links, const std::string& alias);

/// The attributes of an existing link that are not as wanted; nothing if all are. A link over another device
/// than the TAP can't be changed: see sits_on().
std::optional<netlink::link_change> plan_link_change(const container_link& wanted, const std::string& alias,
                                                     const netlink::link& existing);

/// True if the link is a macvlan over device `tap` of Waggle's namespace, which the asking socket's namespace
/// numbers `home`.
bool sits_on(const netlink::link& existing, int tap, std::int32_t home);

/// Addresses and routes to remove and to add on a link.
struct address_plan {
    std::vector<ip_prefix> remove_addresses;
    std::vector<ip_prefix> add_addresses;
    std::vector<netlink::route> remove_routes;
    std::vector<netlink::route> add_routes;
    friend bool operator==(const address_plan&, const address_plan&) = default;
};

/// What a container set itself (other protocol marks) is left alone, except that an address of its own with
/// the wanted value counts as present.
address_plan plan_addresses(const container_link& wanted, int link,
                            const std::vector<netlink::interface_address>& addresses,
                            const std::vector<netlink::route>& routes);

}  // namespace waggle::control
