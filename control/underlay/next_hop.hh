#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "common/ip_address.hh"
#include "control/netlink/link.hh"
#include "control/netlink/neighbour.hh"
#include "control/netlink/route.hh"
#include "control/underlay/neighbour_table.hh"
#include "control/underlay/underlay_settings.hh"
#include "dataplane/api/state.hh"

/// From the kernel's tables to a next hop: pure functions.
namespace waggle::control {

/// This host's interfaces and addresses.
struct host_tables {
    std::unordered_map<int, netlink::link> links;
    /// With the interfaces each is on.
    std::unordered_map<ip_address, std::set<int>> addresses;
};

/// What a route lookup gave.
struct route_lookup {
    std::optional<netlink::route_answer> answer;
    /// errno if there was no answer; 0 before the first lookup.
    int code = 0;
};

/// The source of tunnels to `vtep`, or why there can't be one, which needs no lookup.
struct tunnel_source {
    std::optional<ip_address> address;
    std::string reason;
};
tunnel_source source_for(const ip_address& vtep, const underlay_settings& settings, const host_tables& host);

/// A VTEP's next hop as far as it can be told.
struct resolution {
    std::optional<api::next_hop> hop;
    /// One sentence when there is no hop.
    std::string reason;
    /// The neighbour that frames to the VTEP go to, once the route is known.
    std::optional<netlink::neighbour_id> via;
    friend bool operator==(const resolution&, const resolution&) = default;
};
resolution resolve(const ip_address& vtep, const underlay_settings& settings, const host_tables& host,
                   const route_lookup& route, const neighbour_table& neighbours);

}  // namespace waggle::control
