#include <ostream>

#include "control/cli/association_items.hh"
#include "control/cli/command.hh"
#include "control/cli/control_client.hh"
#include "control/cli/listing.hh"
#include "dataplane/api/reader_client.hh"

/// Commands about encryption.
namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;

/// Only control knows who is behind a VTEP; without it the addresses have to do.
peer_names names_of_peers(const control_client& control) {
    peer_names names;
    const auto peers = control.items("/v1/peers");
    if (!peers) return names;
    for (const json& peer : *peers) names.emplace(field_text(peer, "vtep"), field_text(peer, "name"));
    return names;
}

}  // namespace

int show_associations(const context& with, const po::variables_map&) {
    auto client = api::reader_client::connect(with.dataplane_socket());
    if (!client) return give_up(with, client.failure());
    const auto overlays = client->overlays();
    if (!overlays) return give_up(with, overlays.failure());
    const auto associations = client->associations();
    if (!associations) return give_up(with, associations.failure());
    const json items = association_items(*associations, names_of(*overlays),
                                         names_of_peers(control_client(with.control_socket())));
    if (with.json) {
        with.out << json{{"items", items}}.dump() << "\n";
    } else {
        with.out << render(associations_listing(), items, with.width);
    }
    return succeeded;
}

int rekey(const context& with, const po::variables_map& options) {
    const std::string overlay = text_of(options, "overlay");
    const auto reply = control_client(with.control_socket()).post("/v1/rekey", json{{"overlay", overlay}});
    if (!reply) return give_up(with, reply.failure());
    if (with.json) with.out << "{}\n";
    return succeeded;
}

int show_announcement(const context& with, const po::variables_map& options) {
    const auto items = control_client(with.control_socket()).items("/v1/announcements");
    if (!items) return give_up(with, items.failure());
    const std::string wanted = text_of(options, "overlay");
    json chosen = json::array();
    for (const json& each : *items)
        if (wanted.empty() || field_text(each, "overlay") == wanted) chosen.push_back(each);
    if (with.json) {
        with.out << json{{"items", chosen}}.dump() << "\n";
    } else {
        for (const json& each : chosen) with.out << field_text(each, "announcement") << "\n";
    }
    if (!chosen.empty()) return succeeded;
    with.err << "waggle: " << (wanted.empty() ? "no overlay has" : "overlay '" + wanted + "' has not")
             << " the waggle profile; see waggle overlays\n";
    return negative;
}

int accept_announcement(const context& with, const po::variables_map& options) {
    const auto reply = control_client(with.control_socket())
                           .post("/v1/accept", json{{"announcement", text_of(options, "ANNOUNCEMENT")}});
    if (!reply) return give_up(with, reply.failure());
    if (with.json) with.out << "{}\n";
    return succeeded;
}

}  // namespace waggle::cli
