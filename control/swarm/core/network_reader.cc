#include "control/swarm/core/network_reader.hh"

#include <charconv>
#include <string_view>

namespace waggle::control::swarm {
namespace {

namespace wire = docker::swarmkit::v1;

constexpr const char* vni_list = "com.docker.network.driver.overlay.vxlanid_list";
constexpr const char* mtu_option = "com.docker.network.driver.mtu";
/// IPv4 has to be able to carry a datagram of 576 octets (RFC 791) with the tunnel around it.
constexpr unsigned least_mtu = 576;

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto [stopped, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || stopped != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Decimal numbers with commas between; nothing if one is no VNI.
std::optional<std::vector<vni>> read_vnis(std::string_view text) {
    std::vector<vni> all;
    while (all.size() <= most_subnets) {
        const auto comma = text.find(',');
        const auto value = number(text.substr(0, comma));
        const auto id = value ? vni::from(*value) : std::nullopt;
        if (!id) return std::nullopt;
        all.push_back(*id);
        if (comma == std::string_view::npos) return all;
        text.remove_prefix(comma + 1);
    }
    return std::nullopt;
}

}  // namespace

result<network> read_network(const wire::Network& from) {
    network made;
    made.id = from.id();
    made.name = from.spec().annotations().name();
    if (made.id.empty() || made.id.size() > longest_id || made.name.size() > longest_name)
        return error{"a network has no usable id or name"};
    const auto refuse = [&](const std::string& why) {
        return error{"network " + (made.name.empty() ? made.id : made.name) + " can't be used: " + why};
    };
    if (from.driver_state().name() != "overlay")
        return refuse("its driver is " + from.driver_state().name().substr(0, 64) +
                      ", Waggle serves overlay only");
    const auto& options = from.driver_state().options();
    const auto ids = options.find(vni_list);
    if (ids == options.end()) return refuse("the managers gave it no VNI");
    const auto vnis = read_vnis(ids->second);
    if (!vnis) return refuse("its list of VNIs is malformed");
    std::size_t next = 0;
    for (const auto& each : from.ipam().configs()) {
        const auto subnet = ip_prefix::parse(each.subnet());
        if (!subnet) return refuse("a subnet of it is malformed");
        if (subnet->address.is_v6()) {
            if (made.subnets_v6.size() < most_subnets) made.subnets_v6.push_back(subnet->network());
            continue;
        }
        if (next == vnis->size()) return refuse("it has more subnets than VNIs");
        std::optional<ip_address> gateway;
        if (!each.gateway().empty()) {
            // With or without a prefix length.
            gateway = ip_address::parse(each.gateway().substr(0, each.gateway().find('/')));
            if (!gateway) return refuse("a gateway of it is malformed");
        }
        made.subnets.push_back({subnet->network(), (*vnis)[next++], gateway});
    }
    if (made.subnets.empty()) return refuse("it has no IPv4 subnet");
    if (const auto mtu = options.find(mtu_option); mtu != options.end() && mtu->second != "0") {
        const auto value = number(mtu->second);
        if (!value || *value < least_mtu || *value > 65535) return refuse("its MTU is malformed");
        made.mtu = static_cast<std::uint16_t>(*value);
    }
    // The key alone tells: its value may be empty.
    made.encrypted = options.contains("encrypted");
    made.internal = from.spec().internal();
    made.attachable = from.spec().attachable();
    made.ingress = from.spec().ingress();
    return made;
}

result<attachment> read_attachment(const wire::Task& from) {
    if (from.networks_size() == 0) return error{"the managers gave no network with it"};
    const auto& given = from.networks(0);
    attachment made;
    made.id = from.id();
    made.container_id = from.spec().attachment().container_id();
    made.network_id = given.network().id();
    if (given.addresses_size() == 0) return error{"the managers gave no address with it"};
    for (const std::string& text : given.addresses()) {
        const auto address = ip_prefix::parse(text);
        if (!address || made.addresses.size() == most_addresses) return error{"its addresses are malformed"};
        made.addresses.push_back(*address);
    }
    for (const std::string& alias : given.aliases())
        if (alias.size() <= longest_name && made.aliases.size() < most_aliases) made.aliases.push_back(alias);
    return made;
}

}  // namespace waggle::control::swarm
