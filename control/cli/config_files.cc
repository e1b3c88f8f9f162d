#include <ostream>

#include <nlohmann/json.hpp>

#include "config/difference.hh"
#include "config/load.hh"
#include "control/cli/command.hh"

/// `waggle config`: commands on files, which need no running host.
namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;

json items_of(const std::vector<config::problem>& problems) {
    json items = json::array();
    for (const config::problem& each : problems)
        items.push_back({{"file", each.file},
                         {"line", each.line},
                         {"column", each.column},
                         {"path", each.path},
                         {"message", each.message}});
    return items;
}

template <typename T>
json names_of(const config::list_difference<T>& list) {
    json names{{"added", json::array()}, {"removed", json::array()}, {"changed", json::array()}};
    for (const T& each : list.added) names["added"].push_back(each.name);
    for (const T& each : list.removed) names["removed"].push_back(each.name);
    for (const auto& each : list.changed) names["changed"].push_back(each.to.name);
    return names;
}

json changes_of(const std::vector<config::node_change>& changes) {
    json list = json::array();
    for (const config::node_change& each : changes)
        list.push_back({{"key", each.key}, {"from", each.from}, {"to", each.to}});
    return list;
}

json document_of(const config::difference& what) {
    return {{"node", changes_of(what.node)},         {"gossip", changes_of(what.gossip)},
            {"overlays", names_of(what.overlays)},   {"peers", names_of(what.peers)},
            {"endpoints", names_of(what.endpoints)}, {"needs_restart", what.needs_restart()}};
}

void print(const context& with, const json& document) {
    with.out << document.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
}

}  // namespace

int check_config(const context& with, const po::variables_map& options) {
    const std::string file = text_of(options, "FILE");
    const config::load_result loaded = config::load_file(file);
    const auto* problems = std::get_if<std::vector<config::problem>>(&loaded);
    if (with.json) {
        print(with, {{"items", problems == nullptr ? json::array() : items_of(*problems)}});
    } else if (problems != nullptr) {
        with.out << to_string(*problems) << "\n";
    } else {
        const auto& good = std::get<config::config>(loaded);
        with.out << file << ": good: node '" << good.node.name << "', " << good.overlays.size()
                 << " overlays, " << good.peers.size() << " peers, " << good.endpoints.size()
                 << " endpoints\n";
    }
    return problems == nullptr ? succeeded : negative;
}

int compare_configs(const context& with, const po::variables_map& options) {
    const config::load_result from = config::load_file(text_of(options, "OLD"));
    const config::load_result to = config::load_file(text_of(options, "NEW"));
    bool good = true;
    for (const config::load_result* each : {&from, &to}) {
        const auto* problems = std::get_if<std::vector<config::problem>>(each);
        if (problems == nullptr) continue;
        with.err << to_string(*problems) << "\n";
        good = false;
    }
    if (!good) return negative;
    const config::difference what =
        config::compare(std::get<config::config>(from), std::get<config::config>(to));
    if (with.json) {
        print(with, document_of(what));
    } else {
        with.out << to_string(what);
    }
    return what.empty() ? succeeded : negative;
}

}  // namespace waggle::cli
