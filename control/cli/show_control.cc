#include <ostream>

#include "control/cli/command.hh"
#include "control/cli/control_client.hh"
#include "control/cli/gossip_text.hh"
#include "control/cli/listing.hh"

/// Commands that show lists of waggle-control.
namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;

void show(const context& with, const listing& how, const json& items) {
    if (with.json) {
        with.out << json{{"items", items}}.dump() << "\n";
    } else {
        with.out << render(how, items, with.width);
    }
}

int show_list(const context& with, const char* path, const listing& how) {
    const auto items = control_client(with.control_socket()).items(path);
    if (!items) return give_up(with, items.failure());
    show(with, how, *items);
    return succeeded;
}

}  // namespace

int show_overlays(const context& with, const po::variables_map&) {
    return show_list(with, "/v1/overlays", overlays_listing());
}

int show_peers(const context& with, const po::variables_map&) {
    const auto items = control_client(with.control_socket()).items("/v1/peers");
    if (!items) return give_up(with, items.failure());
    show(with, peers_listing(), with.json ? *items : peer_rows(*items));
    return succeeded;
}

int show_gossip(const context& with, const po::variables_map&) {
    const auto gossip = control_client(with.control_socket()).get("/v1/gossip");
    if (!gossip) return give_up(with, gossip.failure());
    if (with.json) {
        with.out << gossip->dump() << "\n";
    } else {
        with.out << gossip_text(*gossip, with.width);
    }
    return succeeded;
}

int show_networks(const context& with, const po::variables_map&) {
    return show_list(with, "/v1/networks", networks_listing());
}

int show_endpoints(const context& with, const po::variables_map& options) {
    const control_client control(with.control_socket());
    const auto items = control.items("/v1/endpoints");
    if (!items) return give_up(with, items.failure());
    std::string wanted = text_of(options, "overlay");
    if (wanted.empty()) {
        show(with, endpoints_listing(), *items);
        return succeeded;
    }
    const auto overlays = control.items("/v1/overlays");
    if (!overlays) return give_up(with, overlays.failure());
    bool found = false;
    for (const json& each : *overlays) {
        if (field_text(each, "name") != wanted && field_text(each, "vni") != wanted) continue;
        wanted = field_text(each, "name");
        found = true;
        break;
    }
    if (!found) {
        with.err << "waggle: there is no overlay '" << wanted << "' on this host; see waggle overlays\n";
        return negative;
    }
    json of_overlay = json::array();
    for (const json& each : *items)
        if (field_text(each, "overlay") == wanted) of_overlay.push_back(each);
    show(with, endpoints_listing(), of_overlay);
    return succeeded;
}

int show_diff(const context& with, const po::variables_map&) {
    const auto items = control_client(with.control_socket()).items("/v1/diff");
    if (!items) return give_up(with, items.failure());
    show(with, diff_listing(), *items);
    return items->empty() ? succeeded : negative;
}

}  // namespace waggle::cli
