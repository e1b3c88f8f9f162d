#include "control/netlink/namespace_ids.hh"

#include <cerrno>

#include <linux/net_namespace.h>

#include "control/netlink/attributes.hh"

namespace waggle::netlink {

std::optional<std::int32_t> parse_namespace_id(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWNSID && message.nlmsg_type != RTM_DELNSID) return std::nullopt;
    const auto id = attributes(&message, sizeof(rtgenmsg)).i32(NETNSA_NSID);
    if (!id || *id == NETNSA_NSID_NOT_ASSIGNED) return std::nullopt;
    return id;
}

result<std::optional<std::int32_t>> find_namespace_id(socket& with, const network_namespace& other) {
    request message(RTM_GETNSID, 0, "find the id of a network namespace");
    message.header<rtgenmsg>().rtgen_family = AF_UNSPEC;
    message.put_u32(NETNSA_FD, static_cast<std::uint32_t>(other.fd()));
    std::optional<std::int32_t> id;
    const reply outcome =
        with.transact(message, [&](const nlmsghdr& answer) { id = parse_namespace_id(answer); });
    if (!outcome) return error{outcome.message};
    return id;
}

result<std::int32_t> assign_namespace_id(socket& with, const network_namespace& other) {
    // Asked again after EEXIST: someone else may have given it one in between.
    for (int i = 0; i < 2; ++i) {
        auto there = find_namespace_id(with, other);
        if (!there) return there.failure();
        if (*there) return **there;
        request message(RTM_NEWNSID, 0, "give a network namespace an id");
        message.header<rtgenmsg>().rtgen_family = AF_UNSPEC;
        message.put_u32(NETNSA_FD, static_cast<std::uint32_t>(other.fd()));
        message.put_u32(NETNSA_NSID, static_cast<std::uint32_t>(NETNSA_NSID_NOT_ASSIGNED));
        const reply outcome = with.transact(message);
        if (!outcome && outcome.code != EEXIST) return error{outcome.message};
    }
    auto given = find_namespace_id(with, other);
    if (!given) return given.failure();
    if (!*given) return error{"the kernel gave a network namespace no id"};
    return **given;
}

result<std::vector<std::int32_t>> list_namespace_ids(socket& with) {
    request message(RTM_GETNSID, NLM_F_DUMP, "list the ids of network namespaces");
    message.header<rtgenmsg>().rtgen_family = AF_UNSPEC;
    std::vector<std::int32_t> ids;
    const reply outcome = with.transact(
        message,
        [&](const nlmsghdr& answer) {
            if (auto id = parse_namespace_id(answer)) ids.push_back(*id);
        },
        [&] { ids.clear(); });
    if (!outcome) return error{outcome.message};
    return ids;
}

}  // namespace waggle::netlink
