#include "control/netlink/neighbour.hh"

#include <utility>

#include "control/netlink/attributes.hh"

namespace waggle::netlink {

namespace {

request neighbour_request(std::uint16_t type, unsigned flags, const neighbour_id& id, std::string what) {
    request message(type, flags, std::move(what));
    ndmsg& head = message.header<ndmsg>();
    head.ndm_family = id.ip.is_v4() ? AF_INET : AF_INET6;
    head.ndm_ifindex = id.link;
    message.put_address(NDA_DST, id.ip);
    return message;
}

ndmsg& header_of(request& message) {
    return *static_cast<ndmsg*>(mnl_nlmsg_get_payload(message.message()));
}

}  // namespace

std::optional<neighbour> parse_neighbour(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWNEIGH && message.nlmsg_type != RTM_DELNEIGH) return std::nullopt;
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(ndmsg)) return std::nullopt;
    const auto* head = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(&message));
    // Bridge forwarding entries and proxy entries come in the same messages.
    if (head->ndm_family != AF_INET && head->ndm_family != AF_INET6) return std::nullopt;
    if ((head->ndm_flags & NTF_PROXY) != 0) return std::nullopt;
    const attributes all(&message, sizeof(ndmsg));
    const auto ip = all.address(NDA_DST);
    if (!ip) return std::nullopt;
    neighbour parsed;
    parsed.id = {head->ndm_ifindex, *ip};
    parsed.mac = all.mac(NDA_LLADDR);
    parsed.state = head->ndm_state;
    return parsed;
}

result<std::vector<neighbour>> list_neighbours(socket& with) {
    request message(RTM_GETNEIGH, NLM_F_DUMP, "list neighbours");
    message.header<ndmsg>();
    std::vector<neighbour> neighbours;
    const reply outcome = with.transact(
        message,
        [&](const nlmsghdr& answer) {
            if (auto one = parse_neighbour(answer)) neighbours.push_back(*one);
        },
        [&] { neighbours.clear(); });
    if (!outcome) return error{outcome.message};
    return neighbours;
}

request probe_neighbour(const neighbour_id& id) {
    request message =
        neighbour_request(RTM_NEWNEIGH, NLM_F_CREATE, id, "resolve neighbour " + id.ip.to_string());
    header_of(message).ndm_flags = NTF_USE;
    return message;
}

request set_neighbour(const neighbour_id& id, const mac_address& mac) {
    request message = neighbour_request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, id,
                                        "set neighbour " + id.ip.to_string());
    header_of(message).ndm_state = NUD_PERMANENT;
    message.put_mac(NDA_LLADDR, mac);
    return message;
}

request delete_neighbour(const neighbour_id& id) {
    return neighbour_request(RTM_DELNEIGH, 0, id, "remove neighbour " + id.ip.to_string());
}

}  // namespace waggle::netlink
