#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/mac_address.hh"
#include "common/result.hh"
#include "control/netlink/request.hh"
#include "control/netlink/socket.hh"

namespace waggle::netlink {

/// A network interface as RTM_NEWLINK describes it.
struct link {
    int index = 0;
    std::string name;
    mac_address mac;
    std::uint32_t mtu = 0;
    /// Administratively up.
    bool up = false;
    /// Up, with carrier below.
    bool running = false;
    bool loopback = false;
    /// Has no link-layer addresses to resolve (IFF_NOARP).
    bool no_arp = false;
    /// "macvlan", "tun", "veth", …; empty for plain devices.
    std::string kind;
    /// Free text (ifalias).
    std::string alias;
    /// The device below, in `lower_namespace` or, if that is absent, in the same namespace.
    std::optional<int> lower;
    /// Id of the lower device's namespace as the asking socket's namespace numbers it.
    std::optional<std::int32_t> lower_namespace;
    std::uint32_t gso_max_size = 0;
    std::uint32_t gso_max_segments = 0;
    friend bool operator==(const link&, const link&) = default;
};

/// Nothing if the message does not describe a link.
std::optional<link> parse_link(const nlmsghdr& message);

/// Where to ask: in the socket's own namespace, or in one that it knows by an id.
using namespace_id = std::optional<std::int32_t>;

/// All links, or those of one kind ("macvlan").
result<std::vector<link>> list_links(socket& with, const namespace_id& where = {},
                                     const std::string& kind = {});
/// The link, or nothing if there is none of that name/number; an error if the kernel refused to tell.
result<std::optional<link>> find_link(socket& with, const std::string& name, const namespace_id& where = {});
result<std::optional<link>> find_link(socket& with, int index, const namespace_id& where = {});
result<std::optional<link>> find_link_by_mac(socket& with, const mac_address& mac,
                                             const namespace_id& where = {});

/// A macvlan in bridge mode over a device of the socket's namespace.
struct macvlan {
    int lower = 0;
    std::string name;
    mac_address mac;
    /// 0: that of the lower device.
    std::uint32_t mtu = 0;
};
/// Makes the macvlan right in the namespace behind `target_fd`, which must stay open until it is sent.
request create_macvlan(const macvlan& wanted, int target_fd);

/// What to change of a link; absent fields stay.
struct link_change {
    std::optional<bool> up;
    std::optional<std::string> name;
    std::optional<mac_address> mac;
    std::optional<std::uint32_t> mtu;
    std::optional<std::string> alias;
    std::optional<std::uint32_t> gso_max_size;
    std::optional<std::uint32_t> gso_max_segments;
};
request change_link(int index, const link_change& change, std::string what);

request delete_link(int index, std::string what, const namespace_id& where = {});

}  // namespace waggle::netlink
