#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/ip_address.hh"
#include "common/ip_prefix.hh"
#include "common/result.hh"
#include "control/netlink/request.hh"
#include "control/netlink/socket.hh"

namespace waggle::netlink {

/// A route of the main table.
struct route {
    ip_prefix destination;
    std::optional<ip_address> gateway;
    int link = 0;
    /// rtm_protocol: who set it.
    std::uint8_t protocol = 0;
    friend bool operator==(const route&, const route&) = default;
};

/// Nothing for routes of other tables, multipath and special ones.
std::optional<route> parse_route(const nlmsghdr& message);

/// The main table's plain routes over one link.
result<std::vector<route>> list_routes(socket& with, int link);

/// Adds the route to the main table, with its protocol or, if that is 0, marked as ours.
request add_route(const route& wanted);
request delete_route(const route& unwanted);

/// What the kernel answers for one packet.
struct route_answer {
    /// RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE, … .
    std::uint8_t type = 0;
    int link = 0;
    /// Absent: the destination is on the link. Can be IPv6 for an IPv4 destination (RFC 5549).
    std::optional<ip_address> gateway;
    std::optional<ip_address> preferred_source;
    /// From the route's metric or learned path MTU; absent: the device's counts.
    std::optional<std::uint32_t> mtu;
    friend bool operator==(const route_answer&, const route_answer&) = default;
};

/// A packet to look up a route for.
struct route_query {
    ip_address destination;
    std::optional<ip_address> source;
    /// For policy rules that look at it.
    std::uint16_t udp_port = 0;
};

/// RTM_GETROUTE as for a packet that no user owns (rules by uid do not apply to the tunnel).
request look_up_route(const route_query& query);
std::optional<route_answer> parse_route_answer(const nlmsghdr& message);

}  // namespace waggle::netlink
