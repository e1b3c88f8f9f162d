#include "control/netlink/link.hh"

#include <cerrno>
#include <utility>

#include <linux/if_link.h>
#include <net/if.h>

#include "control/netlink/attributes.hh"

namespace waggle::netlink {

namespace {

/// From linux/if.h, which can't be included along with net/if.h.
constexpr unsigned lower_up_flag = 1U << 16;

request get_link(unsigned flags, const namespace_id& where, std::string what) {
    request message(RTM_GETLINK, flags, std::move(what));
    message.header<ifinfomsg>();
    if (where) message.put_u32(IFLA_TARGET_NETNSID, static_cast<std::uint32_t>(*where));
    return message;
}

result<std::optional<link>> find_one(socket& with, request& message) {
    std::optional<link> found;
    const reply outcome = with.transact(message, [&](const nlmsghdr& answer) { found = parse_link(answer); });
    if (outcome.code == ENODEV) return std::optional<link>();
    if (!outcome) return error{outcome.message};
    return found;
}

}  // namespace

std::optional<link> parse_link(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWLINK && message.nlmsg_type != RTM_DELLINK) return std::nullopt;
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(ifinfomsg)) return std::nullopt;
    const auto* head = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
    const attributes all(&message, sizeof(ifinfomsg));
    const attributes information(all.raw(IFLA_LINKINFO));
    link parsed;
    parsed.index = head->ifi_index;
    parsed.up = (head->ifi_flags & IFF_UP) != 0;
    parsed.running = (head->ifi_flags & lower_up_flag) != 0;
    parsed.loopback = (head->ifi_flags & IFF_LOOPBACK) != 0;
    parsed.no_arp = (head->ifi_flags & IFF_NOARP) != 0;
    parsed.name = all.text(IFLA_IFNAME);
    parsed.mac = all.mac(IFLA_ADDRESS).value_or(mac_address());
    parsed.mtu = all.u32(IFLA_MTU).value_or(0);
    parsed.alias = all.text(IFLA_IFALIAS);
    parsed.kind = information.text(IFLA_INFO_KIND);
    parsed.lower = all.i32(IFLA_LINK);
    parsed.lower_namespace = all.i32(IFLA_LINK_NETNSID);
    parsed.gso_max_size = all.u32(IFLA_GSO_MAX_SIZE).value_or(0);
    parsed.gso_max_segments = all.u32(IFLA_GSO_MAX_SEGS).value_or(0);
    return parsed;
}

result<std::vector<link>> list_links(socket& with, const namespace_id& where, const std::string& kind) {
    request message = get_link(NLM_F_DUMP, where, "list links");
    if (!kind.empty()) message.nest(IFLA_LINKINFO, [&] { message.put_string(IFLA_INFO_KIND, kind); });
    std::vector<link> links;
    const reply outcome = with.transact(
        message,
        [&](const nlmsghdr& answer) {
            if (auto one = parse_link(answer)) links.push_back(std::move(*one));
        },
        [&] { links.clear(); });
    if (!outcome) return error{outcome.message};
    return links;
}

result<std::optional<link>> find_link(socket& with, const std::string& name, const namespace_id& where) {
    request message = get_link(0, where, "find link " + name);
    message.put_string(IFLA_IFNAME, name);
    return find_one(with, message);
}

result<std::optional<link>> find_link(socket& with, int index, const namespace_id& where) {
    request message(RTM_GETLINK, 0, "find link number " + std::to_string(index));
    message.header<ifinfomsg>().ifi_index = index;
    if (where) message.put_u32(IFLA_TARGET_NETNSID, static_cast<std::uint32_t>(*where));
    return find_one(with, message);
}

result<std::optional<link>> find_link_by_mac(socket& with, const mac_address& mac,
                                             const namespace_id& where) {
    auto links = list_links(with, where);
    if (!links) return links.failure();
    for (link& one : *links)
        if (one.mac == mac) return std::optional<link>(std::move(one));
    return std::optional<link>();
}

request create_macvlan(const macvlan& wanted, int target_fd) {
    request message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "create link " + wanted.name);
    message.header<ifinfomsg>();
    message.put_string(IFLA_IFNAME, wanted.name);
    message.put_u32(IFLA_LINK, static_cast<std::uint32_t>(wanted.lower));
    message.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(target_fd));
    message.put_mac(IFLA_ADDRESS, wanted.mac);
    if (wanted.mtu != 0) message.put_u32(IFLA_MTU, wanted.mtu);
    message.nest(IFLA_LINKINFO, [&] {
        message.put_string(IFLA_INFO_KIND, "macvlan");
        message.nest(IFLA_INFO_DATA, [&] { message.put_u32(IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE); });
    });
    return message;
}

request change_link(int index, const link_change& change, std::string what) {
    request message(RTM_NEWLINK, 0, std::move(what));
    ifinfomsg& head = message.header<ifinfomsg>();
    head.ifi_index = index;
    if (change.up) {
        head.ifi_change = IFF_UP;
        head.ifi_flags = *change.up ? unsigned{IFF_UP} : 0U;
    }
    if (change.name) message.put_string(IFLA_IFNAME, *change.name);
    if (change.mac) message.put_mac(IFLA_ADDRESS, *change.mac);
    if (change.mtu) message.put_u32(IFLA_MTU, *change.mtu);
    // The kernel takes the alias without a terminating zero, and would show it.
    if (change.alias) message.put_bytes(IFLA_IFALIAS, change.alias->data(), change.alias->size());
    if (change.gso_max_size) message.put_u32(IFLA_GSO_MAX_SIZE, *change.gso_max_size);
    if (change.gso_max_segments) message.put_u32(IFLA_GSO_MAX_SEGS, *change.gso_max_segments);
    return message;
}

request delete_link(int index, std::string what, const namespace_id& where) {
    request message(RTM_DELLINK, 0, std::move(what));
    message.header<ifinfomsg>().ifi_index = index;
    if (where) message.put_u32(IFLA_TARGET_NETNSID, static_cast<std::uint32_t>(*where));
    return message;
}

}  // namespace waggle::netlink
