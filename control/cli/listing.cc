#include "control/cli/listing.hh"

#include <algorithm>

namespace waggle::cli {

namespace {

std::string value_text(const nlohmann::json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_null()) return "";
    if (value.is_array()) {
        std::string list;
        for (const nlohmann::json& each : value) list += (list.empty() ? "" : ", ") + value_text(each);
        return list;
    }
    return value.dump();
}

field text(const char* key, const char* title, unsigned expendable = 0) {
    return {key, {title, alignment::left, expendable, false}};
}
field number(const char* key, const char* title, unsigned expendable = 0) {
    return {key, {title, alignment::right, expendable, false}};
}
/// May be long.
field prose(const char* key, const char* title, unsigned expendable) {
    return {key, {title, alignment::left, expendable, true}};
}

}  // namespace

std::string field_text(const nlohmann::json& item, const std::string& key) {
    const auto found = item.is_object() ? item.find(key) : item.end();
    const std::string value = found == item.end() ? "" : value_text(*found);
    return value.empty() ? "-" : value;
}

std::string render(const listing& how, const nlohmann::json& items, std::size_t width) {
    if (items.empty()) return how.nothing.empty() ? "" : how.nothing + "\n";
    std::vector<column> columns;
    std::vector<const field*> shown;
    for (const field& each : how.fields) {
        // What nobody has takes no room, unless the table would be lost without it.
        const bool used = std::any_of(items.begin(), items.end(), [&](const nlohmann::json& item) {
            return field_text(item, each.key) != "-";
        });
        if (!used && each.shown.expendable > 0) continue;
        columns.push_back(each.shown);
        shown.push_back(&each);
    }
    table rows(std::move(columns));
    for (const nlohmann::json& item : items) {
        std::vector<std::string> cells;
        cells.reserve(shown.size());
        for (const field* each : shown) cells.push_back(field_text(item, each->key));
        rows.add(std::move(cells));
    }
    return rows.render(width);
}

const listing& overlays_listing() {
    static const listing how{
        {text("name", "NAME"), number("vni", "VNI"), prose("subnets", "SUBNETS", 1), number("mtu", "MTU"),
         text("flood", "FLOOD", 4), number("endpoints_local", "HERE", 3),
         number("endpoints_remote", "ELSEWHERE", 3), number("peers", "PEERS", 2)},
        "no overlays"};
    return how;
}

const listing& endpoints_listing() {
    static const listing how{
        {text("name", "NAME"), text("overlay", "OVERLAY"), prose("addresses", "ADDRESSES", 0),
         text("mac", "MAC", 3), text("host", "HOST", 2), text("state", "STATE"), text("source", "FROM", 4),
         prose("detail", "DETAIL", 1)},
        "no endpoints"};
    return how;
}

const listing& peers_listing() {
    static const listing how{
        {text("name", "NAME"), text("vtep", "VTEP"), text("reachable", "REACHABLE"),
         text("device", "PORT", 3), text("source", "SOURCE", 5), text("next_hop_mac", "NEXT HOP", 4),
         number("path_mtu", "MTU", 3), text("gossip_state", "STATE", 1), text("gossip_name", "GOSSIP", 3),
         text("gossip_address", "ADDRESS", 6), number("incarnation", "INCARNATION", 7),
         text("heard", "HEARD", 2), prose("networks", "NETWORKS", 6), prose("overlays", "OVERLAYS", 2),
         prose("detail", "DETAIL", 1)},
        "no peers"};
    return how;
}

const listing& networks_listing() {
    static const listing how{
        {prose("id", "NETWORK", 0), text("name", "NAME", 4), text("overlay", "OVERLAY"),
         prose("subnets", "SUBNETS", 5), text("load_balancer", "LB ADDRESS", 6), number("hosts", "HOSTS"),
         number("entries", "ENTRIES"), number("memory", "BYTES", 2), number("waiting", "WAITING", 3),
         text("in_sync", "IN SYNC", 1)},
        "no networks: this host has no gossip, or no endpoint on any overlay"};
    return how;
}

const listing& diff_listing() {
    static const listing how{{text("action", "TO DO"), text("kind", "KIND"), prose("key", "KEY", 0)}, ""};
    return how;
}

const listing& fdb_listing() {
    static const listing how{{text("overlay", "OVERLAY"), number("vni", "VNI", 2), text("mac", "MAC"),
                              text("where", "WHERE", 1), prose("target", "TO", 0)},
                             "no forwarding entries"};
    return how;
}

const listing& neighbours_listing() {
    static const listing how{
        {text("overlay", "OVERLAY"), number("vni", "VNI", 1), text("ip", "ADDRESS"), text("mac", "MAC")},
        "no neighbours"};
    return how;
}

const listing& ports_listing() {
    static const listing how{
        {text("name", "NAME"), text("kind", "KIND", 2), text("role", "ROLE", 1),
         text("overlay", "OVERLAY", 3), number("mtu", "MTU", 5), text("state", "STATE"),
         number("received_packets", "RECEIVED"), number("received_bytes", "BYTES", 6),
         number("sent_packets", "SENT"), number("sent_bytes", "BYTES", 6),
         number("receive_errors", "RX ERRORS", 4), number("send_errors", "TX ERRORS", 4)},
        "no ports"};
    return how;
}

const listing& associations_listing() {
    static const listing how{
        {text("peer", "PEER"), text("overlay", "OVERLAY"), text("profile", "PROFILE", 6),
         text("algorithm", "ALGORITHM", 5), text("spi", "SPI"), text("direction", "WAY"),
         number("lane", "LANE", 7), text("state", "STATE"), text("age", "AGE", 4),
         number("packets", "PACKETS"), number("bytes", "BYTES", 8), number("sequence_used", "USED %", 2),
         number("failures", "ERRORS", 1), text("fingerprint", "FINGERPRINT", 3)},
        "no security associations"};
    return how;
}

listing counters_listing(bool watched, bool workers) {
    listing how{{text("overlay", "OVERLAY")}, watched ? "nothing moved" : "no counter has moved yet"};
    if (workers) how.fields.push_back(number("worker", "WORKER"));
    how.fields.push_back(text("counter", "COUNTER"));
    how.fields.push_back(number("value", "VALUE"));
    if (watched) how.fields.push_back(number("rate", "RATE"));
    how.fields.push_back(text("drop", "DROP", 2));
    how.fields.push_back(prose("description", "MEANING", 1));
    return how;
}

}  // namespace waggle::cli
