#include "config/schema/encryption.hh"
#include "config/schema/host_and_port.hh"
#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

constexpr std::uint16_t manager_port = 2377;

std::vector<network_encryption> read_encrypted_networks(const cursor& list) {
    std::vector<network_encryption> result;
    if (!is_list(list, "a list of entries such as {network: test-net, secret: /etc/waggle/test-net.secret}"))
        return result;
    claims taken;
    const std::vector<tree_node>& items = list.node().items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const cursor item(list, i, items[i]);
        auto one = read_network_encryption(item);
        if (one && take_or_report(taken, one->name, "another entry", item, "'" + one->name + "'",
                                  "each network once"))
            result.push_back(*std::move(one));
    }
    return result;
}

}  // namespace

swarm read_swarm(const cursor& at, scope& known) {
    constexpr std::string_view managers =
        "a list of 1 to 64 managers such as [192.0.2.1, \"192.0.2.2:2377\"]";
    constexpr std::string_view token = "the path of the file with the join token";
    swarm result;
    known.has_swarm = true;
    if (known.has_gossip)
        at.problem(
            "can't be combined with the section 'gossip', as the managers hand out keys and networks; "
            "allowed: one of the two");
    if (known.has_docker_keys)
        at.problem(
            "can't be combined with node.docker_encryption, as the managers hand out the keys; allowed: one "
            "of the two");
    const map_reader map(at, {"managers", "token", "advertise", "port", "encryption"});
    if (const auto port = read_port(map)) result.port = *port;
    result.advertise = read_advertise(map);
    if (const auto entry = map.optional("encryption")) result.encryption = read_encrypted_networks(*entry);
    const auto list = map.optional("managers");
    const auto file = map.optional("token");
    if (list) {
        result.managers = read_hosts(*list, manager_port, managers);
        if (list->node().items.empty()) list->refuse(managers);
    } else if (file) {
        map.required("managers", managers);
    }
    if (file && file->node().text.starts_with("SWMTKN-")) {
        // Not shown: whoever reads the message could join.
        file->problem(
            "is not the path of a file; allowed: the path of the file with the join token, which itself does "
            "not belong here");
    } else if (file) {
        if (const auto path = read_absolute_path(*file)) result.token = *path;
    } else if (list) {
        map.required("token", token);
    }
    return result;
}

}  // namespace waggle::config
