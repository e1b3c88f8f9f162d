#include <algorithm>
#include <ostream>

#include "control/cli/command.hh"
#include "control/cli/listing.hh"
#include "control/cli/report_items.hh"
#include "dataplane/api/reader_client.hh"

/// Commands that show what waggle-dataplane has in force.
namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;

int show(const context& with, const listing& how, const json& items) {
    if (with.json) {
        with.out << json{{"items", items}}.dump() << "\n";
    } else {
        with.out << render(how, items, with.width);
    }
    return succeeded;
}

std::optional<vni> find_overlay(const std::string& wanted, const overlay_names& names) {
    for (const auto& [id, name] : names)
        if (name == wanted) return id;
    for (const auto& [id, name] : names)
        if (id.to_string() == wanted) return id;
    return std::nullopt;
}

/// Lists entries of all overlays or of the one that --overlay names.
template <typename Fetch, typename Items>
int show_entries(const context& with, const po::variables_map& options, const listing& how, Fetch fetch,
                 Items items_of) {
    auto client = api::reader_client::connect(with.dataplane_socket());
    if (!client) return give_up(with, client.failure());
    const auto overlays = client->overlays();
    if (!overlays) return give_up(with, overlays.failure());
    const overlay_names names = names_of(*overlays);
    std::optional<vni> only;
    if (const std::string wanted = text_of(options, "overlay"); !wanted.empty()) {
        only = find_overlay(wanted, names);
        if (!only) {
            with.err << "waggle: there is no overlay '" << wanted
                     << "' in force on this host; see waggle overlays\n";
            return negative;
        }
    }
    const auto entries = fetch(*client, only);
    if (!entries) return give_up(with, entries.failure());
    return show(with, how, items_of(*entries, names));
}

}  // namespace

int show_fdb(const context& with, const po::variables_map& options) {
    return show_entries(
        with, options, fdb_listing(),
        [](api::reader_client& client, std::optional<vni> only) { return client.forwarding(only); },
        forwarding_items);
}

int show_neighbours(const context& with, const po::variables_map& options) {
    return show_entries(
        with, options, neighbours_listing(),
        [](api::reader_client& client, std::optional<vni> only) { return client.neighbours(only); },
        neighbour_items);
}

int show_ports(const context& with, const po::variables_map& options) {
    return show_entries(
        with, options, ports_listing(),
        [](api::reader_client& client, std::optional<vni>) { return client.ports(); }, port_items);
}

}  // namespace waggle::cli
