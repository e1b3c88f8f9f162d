#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/ip_prefix.hh"
#include "common/result.hh"
#include "control/netlink/request.hh"
#include "control/netlink/socket.hh"

namespace waggle::netlink {

/// Marks addresses (IFA_PROTO) and routes (rtm_protocol) that Waggle set, so that it never removes one that
/// a container set itself. 'W'; free in iproute2's lists.
inline constexpr std::uint8_t waggle_protocol = 87;

/// An address of an interface, with its prefix length.
struct interface_address {
    int link = 0;
    ip_prefix address;
    /// Who set it; 0 if unknown.
    std::uint8_t protocol = 0;
    /// Duplicate address detection has not ended yet, or has failed: not usable.
    bool tentative = false;
    friend bool operator==(const interface_address&, const interface_address&) = default;
};

std::optional<interface_address> parse_address(const nlmsghdr& message);

/// All addresses of the namespace, or those of one link.
result<std::vector<interface_address>> list_addresses(socket& with, std::optional<int> link = {});

/// Adds the address, marked as ours; IPv6 without duplicate address detection, so that it is usable at once.
request add_address(int link, const ip_prefix& address);
request delete_address(int link, const ip_prefix& address);

}  // namespace waggle::netlink
