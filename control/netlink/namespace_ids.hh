#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/result.hh"
#include "control/netlink/namespace.hh"
#include "control/netlink/socket.hh"

/// A namespace can number others (nsid). With a number, links there can be listed and deleted, and their
/// events heard, from a socket here and without holding the other namespace alive. Numbers last as long as
/// both namespaces, not as long as a process.
namespace waggle::netlink {

/// The number that the socket's namespace has for `other`, given now if it has none.
result<std::int32_t> assign_namespace_id(socket& with, const network_namespace& other);
/// The number, if it has one.
result<std::optional<std::int32_t>> find_namespace_id(socket& with, const network_namespace& other);
/// The number in an announcement (RTM_NEWNSID, RTM_DELNSID).
std::optional<std::int32_t> parse_namespace_id(const nlmsghdr& message);
result<std::vector<std::int32_t>> list_namespace_ids(socket& with);

}  // namespace waggle::netlink
