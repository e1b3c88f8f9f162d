#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

/// An outer address is a unicast one that other hosts can reach; a link-local IPv6 address needs a zone,
/// which a VTEP has not.
bool can_be_vtep(const ip_address& ip) {
    if (ip.is_v4() && ip.v4() == 0xffff'ffffU) return false;
    return !ip.is_unspecified() && !ip.is_multicast() && !ip.is_loopback() &&
           !(ip.is_v6() && ip.is_link_local());
}

std::optional<ip_address> read_vtep(const cursor& at, bool v4, const std::string& owner, scope& known) {
    const std::string_view allowed =
        v4 ? "a unicast IPv4 address, not loopback" : "a unicast IPv6 address, not loopback or link-local";
    const auto text = read_text(at, allowed);
    if (!text) return std::nullopt;
    const auto ip = ip_address::parse(*text);
    if (!ip || ip->is_v4() != v4 || !can_be_vtep(*ip)) {
        at.refuse(allowed);
        return std::nullopt;
    }
    if (!take_or_report(known.vteps, ip->to_string(), owner, at, ip->to_string(),
                        "a VTEP address of its own"))
        return std::nullopt;
    return ip;
}

}  // namespace

bool read_vteps(const cursor& at, const std::string& owner, scope& known, std::optional<ip_address>& v4,
                std::optional<ip_address>& v6) {
    const std::size_t before = at.problems().count();
    const map_reader map(at, {"ipv4", "ipv6"});
    if (const auto entry = map.optional("ipv4")) v4 = read_vtep(*entry, true, owner, known);
    if (const auto entry = map.optional("ipv6")) v6 = read_vtep(*entry, false, owner, known);
    if (map.is_map() && !map.optional("ipv4") && !map.optional("ipv6"))
        at.problem("has no address; allowed: ipv4, ipv6 or both");
    return at.problems().count() == before;
}

}  // namespace waggle::config
