#include "control/netlink/address.hh"

#include <linux/if_addr.h>

#include "control/netlink/attributes.hh"

namespace waggle::netlink {

namespace {

ifaddrmsg& address_header(request& message, int link, const ip_prefix& address) {
    ifaddrmsg& head = message.header<ifaddrmsg>();
    head.ifa_family = address.address.is_v4() ? AF_INET : AF_INET6;
    head.ifa_prefixlen = static_cast<std::uint8_t>(address.length);
    head.ifa_index = static_cast<std::uint32_t>(link);
    return head;
}

}  // namespace

std::optional<interface_address> parse_address(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWADDR && message.nlmsg_type != RTM_DELADDR) return std::nullopt;
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(ifaddrmsg)) return std::nullopt;
    const auto* head = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(&message));
    const attributes all(&message, sizeof(ifaddrmsg));
    // On point-to-point links IFA_ADDRESS is the peer's and IFA_LOCAL ours; IPv6 has only the former.
    auto ip = all.address(IFA_LOCAL);
    if (!ip) ip = all.address(IFA_ADDRESS);
    if (!ip) return std::nullopt;
    interface_address parsed;
    parsed.link = static_cast<int>(head->ifa_index);
    parsed.address = {*ip, head->ifa_prefixlen};
    parsed.protocol = all.u8(IFA_PROTO).value_or(0);
    parsed.tentative =
        (all.u32(IFA_FLAGS).value_or(head->ifa_flags) & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
    return parsed;
}

result<std::vector<interface_address>> list_addresses(socket& with, std::optional<int> link) {
    request message(RTM_GETADDR, NLM_F_DUMP, "list addresses");
    message.header<ifaddrmsg>().ifa_index = static_cast<std::uint32_t>(link.value_or(0));
    std::vector<interface_address> addresses;
    const reply outcome = with.transact(
        message,
        [&](const nlmsghdr& answer) {
            auto one = parse_address(answer);
            if (one && (!link || one->link == *link)) addresses.push_back(*one);
        },
        [&] { addresses.clear(); });
    if (!outcome) return error{outcome.message};
    return addresses;
}

request add_address(int link, const ip_prefix& address) {
    request message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "add address " + address.to_string());
    address_header(message, link, address);
    message.put_address(IFA_LOCAL, address.address);
    message.put_address(IFA_ADDRESS, address.address);
    if (auto broadcast = address.broadcast_address()) message.put_address(IFA_BROADCAST, *broadcast);
    if (address.address.is_v6()) message.put_u32(IFA_FLAGS, IFA_F_NODAD);
    message.put_u8(IFA_PROTO, waggle_protocol);
    return message;
}

request delete_address(int link, const ip_prefix& address) {
    request message(RTM_DELADDR, 0, "remove address " + address.to_string());
    address_header(message, link, address);
    message.put_address(IFA_LOCAL, address.address);
    return message;
}

}  // namespace waggle::netlink
