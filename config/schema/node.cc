#include "config/schema/encryption.hh"
#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

/// sun_path holds 108 bytes with the final zero, "/dataplane.sock" takes 15.
constexpr std::size_t longest_runtime_directory = 92;
constexpr std::uint64_t most_workers = 64;
constexpr std::uint64_t last_cpu = 1023;
constexpr std::uint64_t least_memory = 64;
constexpr std::uint64_t most_memory = 1'048'576;

constexpr std::string_view underlay_kinds = "packet, ethdev";

void read_udp_port(const map_reader& map, node& self) {
    if (const auto entry = map.optional("udp_port"))
        if (const auto number = read_number(*entry, 1, 65535))
            self.udp_port = static_cast<std::uint16_t>(*number);
}

void read_workers(const map_reader& map, node& self) {
    const auto workers = map.optional("workers");
    if (workers)
        if (const auto number = read_number(*workers, 1, most_workers))
            self.workers = static_cast<unsigned>(*number);
    const auto lcores = map.optional("lcores");
    if (!lcores || !is_list(*lcores, "a list of CPU numbers, one worker each")) return;

    claims taken;
    const std::vector<tree_node>& items = lcores->node().items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const cursor item(*lcores, i, items[i]);
        const auto number = read_number(item, 0, last_cpu);
        if (!number) continue;
        take_or_report(taken, std::to_string(*number), "another worker", item,
                       "CPU " + std::to_string(*number), "a CPU for each worker");
        self.lcores.push_back(static_cast<unsigned>(*number));
    }
    if (items.empty() || items.size() > most_workers) {
        lcores->problem("has " + std::to_string(items.size()) + " CPUs; allowed: 1 to " +
                        std::to_string(most_workers));
    } else if (workers && self.workers != items.size()) {
        lcores->problem("has " + std::to_string(items.size()) + " CPUs for " + std::to_string(self.workers) +
                        " workers; allowed: one CPU for each worker, or lcores without workers");
    }
}

void read_memory(const map_reader& map, node& self) {
    if (const auto entry = map.optional("memory"))
        if (const auto number = read_number(*entry, least_memory, most_memory, "megabytes"))
            self.memory_megabytes = static_cast<unsigned>(*number);
    if (const auto entry = map.optional("hugepages"))
        if (const auto mode = read_choice<hugepage_mode>(*entry, {{"automatic", hugepage_mode::automatic},
                                                                  {"required", hugepage_mode::required},
                                                                  {"never", hugepage_mode::never}}))
            self.hugepages = *mode;
    if (const auto entry = map.optional("idle"))
        if (const auto mode = read_choice<idle_mode>(
                *entry, {{"adaptive", idle_mode::adaptive}, {"busy", idle_mode::busy}}))
            self.idle = *mode;
}

void read_directories(const map_reader& map, node& self) {
    if (const auto entry = map.optional("runtime_directory"))
        if (const auto path = read_absolute_path(*entry, longest_runtime_directory))
            self.runtime_directory = *path;
    if (const auto entry = map.optional("state_directory"))
        if (const auto path = read_absolute_path(*entry)) self.state_directory = *path;
}

std::string read_interface(const map_reader& map, std::string_view key, const std::string& owner,
                           scope& known) {
    const auto entry = map.required(key, "the name of a network interface");
    if (!entry) return "";
    const auto name = read_interface_name(*entry);
    if (!name) return "";
    take_or_report(known.resources, interface_claim(*name), owner, *entry, "interface '" + *name + "'",
                   "an interface for each underlay port");
    return *name;
}

underlay_port read_named_port(const map_reader& map, claims& names, std::string& owner) {
    underlay_port port;
    if (const auto entry = map.required("name", "a name"))
        if (const auto name = read_name(*entry)) {
            port.name = *name;
            owner = "underlay port '" + *name + "'";
            take_or_report(names, *name, "another underlay port", *entry, "'" + *name + "'",
                           "a name of its own for each underlay port");
        }
    return port;
}

underlay_port read_underlay_port(const cursor& at, claims& names, scope& known) {
    std::string owner = "another underlay port";
    if (peek(at, "kind") == "packet") {
        const map_reader map(at, {"name", "kind", "interface"});
        underlay_port port = read_named_port(map, names, owner);
        port.kind = packet_underlay{read_interface(map, "interface", owner, known)};
        return port;
    }
    if (peek(at, "kind") == "ethdev") {
        const map_reader map(at, {"name", "kind", "device", "exception_interface"});
        underlay_port port = read_named_port(map, names, owner);
        ethdev_underlay ethdev;
        if (const auto entry = map.required("device", "a PCI address or DPDK device arguments"))
            if (const auto device = read_device(*entry)) {
                ethdev.device = *device;
                take_or_report(known.resources, device_claim(*device), owner, *entry,
                               "device '" + device_name(*device) + "'", "a device of its own");
            }
        ethdev.exception_interface = read_interface(map, "exception_interface", owner, known);
        port.kind = std::move(ethdev);
        return port;
    }
    const map_reader map(at, {"name", "kind", "interface", "device", "exception_interface"});
    if (const auto kind = map.required("kind", underlay_kinds)) kind->refuse(underlay_kinds);
    return read_named_port(map, names, owner);
}

void read_underlay(const map_reader& map, node& self, scope& known) {
    constexpr std::string_view allowed =
        "a list of 1 to 16 underlay ports: {name, kind: packet, interface} or "
        "{name, kind: ethdev, device, exception_interface}";
    const auto list = map.required("underlay", allowed);
    if (!list || !is_list(*list, allowed)) return;
    const std::vector<tree_node>& items = list->node().items;
    if (items.empty() || items.size() > 16)
        list->problem("has " + std::to_string(items.size()) + " ports; allowed: 1 to 16");
    claims names;
    for (std::size_t i = 0; i < items.size(); ++i)
        self.underlay.push_back(read_underlay_port(cursor(*list, i, items[i]), names, known));
}

}  // namespace

node read_node(const cursor& at, scope& known) {
    node self;
    const map_reader map(
        at, {"name", "vtep", "udp_port", "underlay", "workers", "lcores", "memory", "hugepages", "idle",
             "runtime_directory", "state_directory", "docker_encryption"});
    if (const auto entry = map.required("name", "this host's name"))
        if (const auto name = read_name(*entry)) {
            self.name = known.node_name = *name;
            known.hosts.take(*name, "this node", entry->node().line);
        }
    if (const auto entry = map.required("vtep", "this host's outer addresses: {ipv4, ipv6}, one or both")) {
        known.vteps_known = read_vteps(*entry, "this node", known, self.vtep_v4, self.vtep_v6);
        known.has_v4 = self.vtep_v4.has_value();
        known.has_v6 = self.vtep_v6.has_value();
    }
    read_udp_port(map, self);
    read_underlay(map, self, known);
    read_workers(map, self);
    read_memory(map, self);
    read_directories(map, self);
    if (const auto entry = map.optional("docker_encryption")) {
        self.docker_encryption = read_docker_encryption(*entry);
        known.has_docker_keys = true;
    }
    known.resources.take(socket_claim(self.dataplane_socket()), "waggle-dataplane", 0);
    known.resources.take(socket_claim(self.control_socket()), "waggle-control", 0);
    return self;
}

}  // namespace waggle::config
