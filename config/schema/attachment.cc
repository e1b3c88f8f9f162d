#include <algorithm>

#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

/// sun_path with the final zero.
constexpr std::size_t longest_socket = 107;
/// PID_MAX_LIMIT.
constexpr std::uint64_t last_pid = 4'194'304;
/// VHOST_MAX_QUEUE_PAIRS of DPDK.
constexpr std::uint64_t most_queues = 128;

std::string name_of_owner(const endpoint& owner) {
    return owner.name.empty() ? "another endpoint" : "endpoint '" + owner.name + "'";
}

std::optional<namespace_reference> read_namespace(const map_reader& map) {
    constexpr std::string_view allowed =
        "exactly one of namespace (a name under /run/netns), path, pid (a process in it)";
    const auto name = map.optional("namespace");
    const auto path = map.optional("path");
    const auto pid = map.optional("pid");
    const int given = int{name.has_value()} + int{path.has_value()} + int{pid.has_value()};
    if (given != 1) {
        if (map.is_map())
            map.at().problem((given == 0 ? "names no network namespace; allowed: "
                                         : "names more than one network namespace; allowed: ") +
                             std::string(allowed));
        return std::nullopt;
    }
    if (name) {
        constexpr std::string_view names = "the name of a namespace under /run/netns, without '/'";
        const auto text = read_text(*name, names);
        if (!text) return std::nullopt;
        if (text->size() <= 255 && text->find_first_of("/\n\r\t") == std::string::npos && *text != "." &&
            *text != "..")
            return namespace_by_name{*text};
        name->refuse(names);
    } else if (path) {
        if (const auto text = read_absolute_path(*path)) return namespace_by_path{*text};
    } else if (const auto number = read_number(*pid, 1, last_pid)) {
        return namespace_by_pid{static_cast<std::uint32_t>(*number)};
    }
    return std::nullopt;
}

const ip_prefix* address_of_family(const endpoint& owner, bool v4) {
    for (const ip_prefix& each : owner.addresses)
        if (each.address.is_v4() == v4) return &each;
    return nullptr;
}

std::optional<ip_prefix> read_destination(const cursor& at, const endpoint& owner) {
    constexpr std::string_view allowed =
        "a destination such as 10.2.0.0/16 without host bits (0.0.0.0/0 or ::/0 for all)";
    const auto text = read_text(at, allowed);
    if (!text) return std::nullopt;
    const auto prefix = parse_prefix(*text);
    if (!prefix || prefix->network() != *prefix || prefix->address.is_multicast()) {
        at.refuse(allowed);
        return std::nullopt;
    }
    if (!owner.addresses.empty() && address_of_family(owner, prefix->address.is_v4()) == nullptr) {
        at.problem(
            std::string("is an ") + (prefix->address.is_v4() ? "IPv4" : "IPv6") +
            " route of an endpoint without such an address; allowed: routes of its addresses' families");
        return std::nullopt;
    }
    return prefix;
}

/// The kernel takes a gateway only if it is on the link.
std::optional<ip_address> read_gateway(const cursor& at, bool v4, const endpoint& owner) {
    const std::string allowed = std::string("an ") + (v4 ? "IPv4" : "IPv6") +
                                " address in the endpoint's subnet, not the endpoint's own";
    const auto text = read_text(at, allowed);
    if (!text) return std::nullopt;
    const auto ip = ip_address::parse(*text);
    const ip_prefix* own = address_of_family(owner, v4);
    // A wish for an address on a network of the swarm does not tell the subnet.
    const bool subnet_known = own != nullptr && own->length < (v4 ? 32U : 128U);
    const bool good = ip && ip->is_v4() == v4 && !ip->is_multicast() && !ip->is_unspecified() &&
                      (!subnet_known || own->contains(*ip)) && (own == nullptr || own->address != *ip);
    if (good) return ip;
    at.refuse(allowed);
    return std::nullopt;
}

void read_routes(const map_reader& map, container_attachment& result, const endpoint& owner) {
    constexpr std::string_view allowed = "a list of routes: {to: 0.0.0.0/0, via: 10.1.0.1}";
    const auto list = map.optional("routes");
    if (!list || !is_list(*list, allowed)) return;
    claims taken;
    const std::vector<tree_node>& items = list->node().items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const cursor item(*list, i, items[i]);
        const map_reader entry(item, {"to", "via"});
        const auto to = entry.required("to", "a destination such as 10.2.0.0/16");
        if (!to) continue;
        const auto destination = read_destination(*to, owner);
        if (!destination) continue;
        route result_route{*destination, std::nullopt};
        if (const auto via = entry.optional("via"))
            result_route.gateway = read_gateway(*via, destination->address.is_v4(), owner);
        take_or_report(taken, destination->to_string(), "another route", *to,
                       "destination " + destination->to_string(), "one route for each destination");
        result.routes.push_back(result_route);
    }
}

std::optional<attachment> read_container(const cursor& at, const endpoint& owner, scope& known) {
    const map_reader map(at, {"kind", "namespace", "path", "pid", "interface", "routes"});
    container_attachment result;
    bool named = true;
    if (const auto entry = map.optional("interface")) {
        const auto name = read_interface_name(*entry);
        named = name.has_value();
        if (name) result.interface = *name;
    }
    read_routes(map, result, owner);
    const auto where = read_namespace(map);
    if (!where) return std::nullopt;
    result.network_namespace = *where;
    if (named)
        take_or_report(known.resources, container_claim(*where, result.interface), name_of_owner(owner), at,
                       "interface '" + result.interface + "' of this network namespace",
                       "an interface of its own for each endpoint");
    return result;
}

/// Empty after a problem.
std::string read_socket(const map_reader& map) {
    if (const auto entry = map.required("socket", "the absolute path of a unix socket"))
        if (const auto path = read_absolute_path(*entry, longest_socket)) return *path;
    return "";
}

std::optional<attachment> read_vhost_user(const cursor& at, const endpoint& owner, scope& known) {
    const map_reader map(at, {"kind", "socket", "queues"});
    vhost_user_attachment result;
    result.socket = read_socket(map);
    if (const auto entry = map.optional("queues"))
        if (const auto number = read_number(*entry, 1, most_queues))
            result.queues = static_cast<unsigned>(*number);
    if (!result.socket.empty())
        take_or_report(known.resources, socket_claim(result.socket), name_of_owner(owner),
                       *map.optional("socket"), "this socket", "a socket of its own for each endpoint");
    return result;
}

std::optional<attachment> read_memif(const cursor& at, const endpoint& owner, scope& known) {
    const map_reader map(at, {"kind", "socket", "id"});
    memif_attachment result;
    result.socket = read_socket(map);
    if (const auto entry = map.optional("id"))
        if (const auto number = read_number(*entry, 0, 0xffff'ffffU))
            result.id = static_cast<unsigned>(*number);
    if (!result.socket.empty())
        take_or_report(known.resources, memif_claim(result.socket, result.id), name_of_owner(owner),
                       *map.optional("socket"), "id " + std::to_string(result.id) + " of this socket",
                       "an id of its own for each endpoint on a socket");
    return result;
}

std::optional<attachment> read_ethdev(const cursor& at, const endpoint& owner, scope& known) {
    const map_reader map(at, {"kind", "device"});
    const auto entry = map.required("device", "a PCI address or DPDK device arguments");
    if (!entry) return std::nullopt;
    const auto device = read_device(*entry);
    if (!device) return std::nullopt;
    take_or_report(known.resources, device_claim(*device), name_of_owner(owner), *entry,
                   "device '" + device_name(*device) + "'", "a device of its own");
    return ethdev_attachment{*device};
}

}  // namespace

std::optional<attachment> read_attachment(const cursor& at, const endpoint& owner, scope& known) {
    constexpr std::string_view kinds = "container, vhost-user, memif, ethdev";
    const std::string_view kind = peek(at, "kind");
    if (kind == "container") return read_container(at, owner, known);
    if (kind == "vhost-user") return read_vhost_user(at, owner, known);
    if (kind == "memif") return read_memif(at, owner, known);
    if (kind == "ethdev") return read_ethdev(at, owner, known);
    const map_reader map(
        at, {"kind", "namespace", "path", "pid", "interface", "routes", "socket", "queues", "id", "device"});
    if (const auto entry = map.required("kind", kinds)) entry->refuse(kinds);
    return std::nullopt;
}

}  // namespace waggle::config
