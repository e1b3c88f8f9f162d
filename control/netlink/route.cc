#include "control/netlink/route.hh"

#include <array>
#include <cstring>
#include <utility>

#include <netinet/in.h>

#include "control/netlink/address.hh"
#include "control/netlink/attributes.hh"

namespace waggle::netlink {

namespace {

constexpr std::uint32_t no_user = 0xffff'ffff;

std::uint8_t family_of(const ip_address& ip) {
    return ip.is_v4() ? AF_INET : AF_INET6;
}

/// RTA_GATEWAY, or RTA_VIA where the gateway is of the other family.
std::optional<ip_address> gateway_of(const attributes& all) {
    if (auto gateway = all.address(RTA_GATEWAY)) return gateway;
    const nlattr* via = all.raw(RTA_VIA);
    if (via == nullptr || mnl_attr_get_payload_len(via) < sizeof(rtvia)) return std::nullopt;
    const auto* head = static_cast<const char*>(mnl_attr_get_payload(via));
    return attributes::address_at(head + sizeof(rtvia), mnl_attr_get_payload_len(via) - sizeof(rtvia));
}

request route_request(std::uint16_t type, unsigned flags, const route& route_to, const std::string& verb) {
    std::string what = verb + " route " + route_to.destination.to_string();
    if (route_to.gateway) what += " via " + route_to.gateway->to_string();
    request message(type, flags, std::move(what));
    rtmsg& head = message.header<rtmsg>();
    head.rtm_family = family_of(route_to.destination.address);
    head.rtm_dst_len = static_cast<std::uint8_t>(route_to.destination.length);
    head.rtm_table = RT_TABLE_MAIN;
    head.rtm_type = RTN_UNICAST;
    head.rtm_scope = route_to.gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    head.rtm_protocol = route_to.protocol != 0 ? route_to.protocol : waggle_protocol;
    message.put_address(RTA_DST, route_to.destination.network().address);
    message.put_u32(RTA_OIF, static_cast<std::uint32_t>(route_to.link));
    if (!route_to.gateway) return message;
    if (route_to.gateway->is_v4() == route_to.destination.address.is_v4()) {
        message.put_address(RTA_GATEWAY, *route_to.gateway);
    } else {
        // rtvia: the family, then the address.
        const std::uint16_t family = family_of(*route_to.gateway);
        const auto bytes = route_to.gateway->wire_bytes();
        std::array<char, sizeof family + 16> via{};
        std::memcpy(via.data(), &family, sizeof family);
        std::memcpy(via.data() + sizeof family, bytes.data(), bytes.size());
        message.put_bytes(RTA_VIA, via.data(), sizeof family + bytes.size());
    }
    return message;
}

}  // namespace

std::optional<route> parse_route(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWROUTE && message.nlmsg_type != RTM_DELROUTE) return std::nullopt;
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(rtmsg)) return std::nullopt;
    const auto* head = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message));
    const attributes all(&message, sizeof(rtmsg));
    if (all.u32(RTA_TABLE).value_or(head->rtm_table) != RT_TABLE_MAIN) return std::nullopt;
    const auto link = all.i32(RTA_OIF);
    if (head->rtm_type != RTN_UNICAST || !link) return std::nullopt;
    const ip_address any = head->rtm_family == AF_INET ? ip_address::from_v4(0) : ip_address();
    route parsed;
    parsed.destination = {all.address(RTA_DST).value_or(any), head->rtm_dst_len};
    parsed.gateway = gateway_of(all);
    parsed.link = *link;
    parsed.protocol = head->rtm_protocol;
    return parsed;
}

result<std::vector<route>> list_routes(socket& with, int link) {
    request message(RTM_GETROUTE, NLM_F_DUMP, "list routes");
    message.header<rtmsg>().rtm_table = RT_TABLE_MAIN;
    message.put_u32(RTA_OIF, static_cast<std::uint32_t>(link));
    std::vector<route> routes;
    const reply outcome = with.transact(
        message,
        [&](const nlmsghdr& answer) {
            auto one = parse_route(answer);
            if (one && one->link == link) routes.push_back(*one);
        },
        [&] { routes.clear(); });
    if (!outcome) return error{outcome.message};
    return routes;
}

request add_route(const route& wanted) {
    return route_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, wanted, "add");
}

request delete_route(const route& unwanted) {
    return route_request(RTM_DELROUTE, 0, unwanted, "remove");
}

request look_up_route(const route_query& query) {
    request message(RTM_GETROUTE, 0, "look up the route to " + query.destination.to_string());
    const auto bits = static_cast<std::uint8_t>(query.destination.is_v4() ? 32 : 128);
    rtmsg& head = message.header<rtmsg>();
    head.rtm_family = family_of(query.destination);
    head.rtm_dst_len = bits;
    message.put_address(RTA_DST, query.destination);
    if (query.source) {
        head.rtm_src_len = bits;
        message.put_address(RTA_SRC, *query.source);
    }
    message.put_u32(RTA_UID, no_user);
    if (query.udp_port != 0) {
        message.put_u8(RTA_IP_PROTO, IPPROTO_UDP);
        const std::uint16_t port = htons(query.udp_port);
        message.put_bytes(RTA_DPORT, &port, sizeof port);
    }
    return message;
}

std::optional<route_answer> parse_route_answer(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWROUTE) return std::nullopt;
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(rtmsg)) return std::nullopt;
    const auto* head = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message));
    const attributes all(&message, sizeof(rtmsg));
    const attributes metrics(all.raw(RTA_METRICS));
    route_answer parsed;
    parsed.type = head->rtm_type;
    parsed.link = all.i32(RTA_OIF).value_or(0);
    parsed.gateway = gateway_of(all);
    parsed.preferred_source = all.address(RTA_PREFSRC);
    parsed.mtu = metrics.u32(RTAX_MTU);
    return parsed;
}

}  // namespace waggle::netlink
