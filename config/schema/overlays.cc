#include <algorithm>

#include "config/schema/encryption.hh"
#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

constexpr std::size_t most_overlays = 65'535;
constexpr std::size_t most_subnets = 64;
// Inner Ethernet, VXLAN, UDP and the outer IP header (RFC 7348 section 5).
constexpr unsigned overhead_v4 = 14 + 8 + 8 + 20;
constexpr unsigned overhead_v6 = 14 + 8 + 8 + 40;

std::optional<ip_prefix> read_subnet(const cursor& at) {
    constexpr std::string_view allowed =
        "a unicast subnet such as 10.1.0.0/24 or fd00:1::/64, /8 to /30 for IPv4, /8 to /126 for IPv6, not "
        "loopback or link-local";
    const auto text = read_text(at, allowed);
    if (!text) return std::nullopt;
    const auto prefix = parse_prefix(*text);
    const bool good = prefix && prefix->length >= 8 &&
                      prefix->length <= (prefix->address.is_v4() ? 30U : 126U) &&
                      !prefix->network().address.is_unspecified() && !prefix->address.is_multicast() &&
                      !prefix->address.is_loopback() && !prefix->address.is_link_local();
    if (!good) {
        at.refuse(allowed);
        return std::nullopt;
    }
    if (prefix->network() != *prefix) {
        at.problem("has host bits set in " + *text + "; allowed: the network address, " +
                   prefix->network().to_string());
        return std::nullopt;
    }
    return prefix;
}

/// Subnets either contain each other or are apart, so sorted ones overlap only with the last container.
void report_overlaps(std::vector<std::pair<ip_prefix, std::size_t>> subnets, const cursor& list) {
    std::sort(subnets.begin(), subnets.end());
    std::size_t container = 0;
    for (std::size_t i = 1; i < subnets.size(); ++i) {
        if (!subnets[container].first.overlaps(subnets[i].first)) {
            container = i;
            continue;
        }
        const auto& [first, second] = std::minmax(subnets[container].second, subnets[i].second);
        const tree_node& later = list.node().items[second];
        cursor(list, second, later)
            .problem("overlaps " + list.node().items[first].text + " of the same overlay (line " +
                     std::to_string(list.node().items[first].line) + "); allowed: subnets apart");
    }
}

void read_subnets(const map_reader& map, overlay& result) {
    constexpr std::string_view allowed = "a list of 1 to 64 subnets such as [10.1.0.0/24, \"fd00:1::/64\"]";
    const auto list = map.required("subnets", allowed);
    if (!list || !is_list(*list, allowed)) return;
    const std::vector<tree_node>& items = list->node().items;
    if (items.empty() || items.size() > most_subnets) {
        list->problem("has " + std::to_string(items.size()) + " subnets; allowed: 1 to " +
                      std::to_string(most_subnets));
        return;
    }
    std::vector<std::pair<ip_prefix, std::size_t>> v4;
    std::vector<std::pair<ip_prefix, std::size_t>> v6;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto subnet = read_subnet(cursor(*list, i, items[i]));
        if (!subnet) continue;
        result.subnets.push_back(*subnet);
        (subnet->address.is_v4() ? v4 : v6).emplace_back(*subnet, i);
    }
    report_overlaps(std::move(v4), *list);
    report_overlaps(std::move(v6), *list);
}

void read_mtu(const map_reader& map, overlay& result, const scope& known) {
    const auto entry = map.optional("mtu");
    if (!entry) return;
    const bool has_v6_subnet = std::any_of(result.subnets.begin(), result.subnets.end(),
                                           [](const ip_prefix& subnet) { return subnet.address.is_v6(); });
    // RFC 791 and RFC 8200 section 5: what every link of the family must carry.
    const std::uint64_t least = has_v6_subnet ? 1280 : 576;
    const std::uint64_t most = 65535 - (known.has_v6 ? overhead_v6 : overhead_v4);
    if (const auto number = read_number(*entry, least, most,
                                        has_v6_subnet ? "bytes (the overlay has an IPv6 subnet)" : "bytes"))
        result.mtu = static_cast<std::uint16_t>(*number);
}

overlay read_overlay(const cursor& at, scope& known) {
    overlay result;
    const map_reader map(at, {"name", "vni", "subnets", "mtu", "flood", "encryption", "network"});
    const std::size_t problems_before = at.problems().count();
    std::string owner = "another overlay";
    if (const auto entry = map.required("name", "a name"))
        if (const auto name = read_name(*entry)) {
            result.name = *name;
            owner = "overlay '" + *name + "'";
            take_or_report(known.overlay_names, *name, "another overlay", *entry, "'" + *name + "'",
                           "a name of its own for each overlay");
        }
    if (const auto entry = map.required("vni", "a number from 1 to 16777215"))
        if (const auto number = read_number(*entry, 1, vni::maximum)) {
            result.id = *vni::from(*number);
            take_or_report(known.vnis, result.id.to_string(), owner, *entry, "VNI " + result.id.to_string(),
                           "a VNI of its own for each overlay");
        }
    const std::size_t before = at.problems().count();
    read_subnets(map, result);
    const bool subnets_known = at.problems().count() == before;
    read_mtu(map, result, known);
    if (const auto entry = map.optional("flood"))
        if (const auto flag = read_boolean(*entry)) result.flood = *flag;
    if (const auto entry = map.optional("encryption")) result.encryption = read_encryption(*entry, known);
    if (const auto entry = map.optional("network"))
        if (const auto id = read_name(*entry)) result.network = *id;
    if (!result.network_id().empty() && at.problems().count() == problems_before)
        take_or_report(known.networks, result.network_id(), owner, at,
                       "network '" + result.network_id() + "'", "a network of its own for each overlay");
    if (result.name.empty())
        known.overlays_known = false;
    else
        known.overlays.try_emplace(result.name, overlay_scope{result.subnets, subnets_known});
    return result;
}

}  // namespace

std::vector<overlay> read_overlays(const cursor& at, scope& known) {
    std::vector<overlay> overlays;
    known.overlays_known = is_list(at, "a list of overlays: {name, vni, subnets, mtu, flood, encryption}");
    if (!known.overlays_known) return overlays;
    const std::vector<tree_node>& items = at.node().items;
    if (items.size() > most_overlays) {
        at.problem("has " + std::to_string(items.size()) + " overlays; allowed: up to " +
                   std::to_string(most_overlays));
    }
    for (std::size_t i = 0; i < items.size(); ++i)
        overlays.push_back(read_overlay(cursor(at, i, items[i]), known));
    return overlays;
}

}  // namespace waggle::config
