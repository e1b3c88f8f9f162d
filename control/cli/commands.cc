#include <ostream>

#include "control/cli/attach_request.hh"
#include "control/cli/command.hh"
#include "control/cli/join_request.hh"

namespace waggle::cli {

namespace {

namespace po = boost::program_options;

void describe_overlay_filter(po::options_description& options) {
    options.add_options()("overlay", po::value<std::string>()->value_name("NAME"),
                          "only of this overlay (name or VNI)");
}

void describe_overlay_choice(po::options_description& options) {
    options.add_options()("overlay", po::value<std::string>()->value_name("NAME"), "only for this overlay");
}

void describe_counters(po::options_description& options) {
    options.add_options()("watch", po::bool_switch(),
                          "go on: show what moved since the last look, with rates")(
        "interval", po::value<double>()->default_value(1.0, "1")->value_name("SECONDS"), "between two looks")(
        "times", po::value<unsigned>()->value_name("N"), "end after so many looks")(
        "workers", po::bool_switch(), "each worker's counters apart");
}

}  // namespace

const std::vector<command>& commands() {
    static const std::vector<command> all{
        {"status",
         "is this host healthy, and if not, why",
         {},
         "Exit status 0 if the host is healthy, 1 if it is not.\n",
         nullptr,
         show_status},
        {"overlays", "overlays of this host", {}, "", nullptr, show_overlays},
        {"endpoints",
         "endpoints on this host and on others",
         {},
         "",
         describe_overlay_filter,
         show_endpoints},
        {"peers", "other hosts and the way to them", {}, "", nullptr, show_peers},
        {"gossip",
         "this host in the gossip: members, clocks, traffic, refusals",
         {},
         "",
         nullptr,
         show_gossip},
        {"networks",
         "networks of the gossip or Docker swarm that this host is on",
         {},
         "",
         nullptr,
         show_networks},
        {"fdb",
         "forwarding entries in force: where each MAC lives",
         {},
         "",
         describe_overlay_filter,
         show_fdb},
        {"neighbours",
         "addresses that ARP and neighbour discovery are answered for",
         {},
         "",
         describe_overlay_filter,
         show_neighbours},
        {"ports", "the dataplane's ports and their traffic", {}, "", nullptr, show_ports},
        {"sa",
         "security associations of encrypted overlays, never their keys",
         {},
         "",
         nullptr,
         show_associations},
        {"counters",
         "what moved: forwarded, answered, and each drop by its reason",
         {},
         "Shows the counters that are not zero, by overlay; '-' is what belongs to none.\n",
         describe_counters,
         show_counters},
        {"diff",
         "what the dataplane still has to do; nothing on a healthy host",
         {},
         "Exit status 0 if there is nothing to do, 1 otherwise.\n",
         nullptr,
         show_diff},
        {"attach",
         "add an endpoint to this host at run time",
         {},
         attach_explanation,
         describe_attach,
         attach},
        {"detach", "remove an endpoint that was added at run time", {"NAME"}, "", nullptr, detach},
        {"node",
         "this host as a member of a Docker swarm",
         {},
         "Exit status 0 if it is a healthy one, 1 if not.\n",
         nullptr,
         show_node},
        {"join",
         "become a worker of a Docker swarm",
         {"MANAGER"},
         join_explanation,
         describe_join,
         join,
         true,
         true},
        {"leave",
         "leave the Docker swarm, give back its addresses and forget its keys",
         {},
         "The managers go on listing the node as down until 'docker node rm'.\n",
         describe_patience,
         leave},
        {"reload",
         "read the configuration file again and apply what differs",
         {},
         "A file that is not good is refused as a whole, with everything that is wrong (exit status 3), and "
         "the\n"
         "one in force stays. The same as SIGHUP to waggle-control.\n",
         nullptr,
         reload},
        {"rekey",
         "new keys for overlays with the waggle profile",
         {},
         "At once, or as soon as the peers have had time to hear of them. Keys of the docker profile come "
         "with\n"
         "their file: write the new ones there and reload.\n",
         describe_overlay_choice,
         rekey},
        {"announcement show",
         "what hosts that share an encrypted overlay have to hear from this one",
         {},
         "A line an overlay with the waggle profile. It is no secret, and only of use to hosts that have "
         "the\n"
         "overlay's secret.\n",
         describe_overlay_choice,
         show_announcement},
        {"announcement accept",
         "take another host's announcement",
         {"ANNOUNCEMENT"},
         "One that is not authentic is refused (exit status 3); an old one does nothing.\n",
         nullptr,
         accept_announcement},
        {"config check",
         "is a configuration file good, and if not, everything that is wrong",
         {"FILE"},
         "Exit status 0 if the file is good, 1 if it is not.\n",
         nullptr,
         check_config,
         false},
        {"config difference",
         "what turns one configuration file into another",
         {"OLD", "NEW"},
         "Exit status 0 if nothing differs, 1 otherwise. A change of the node takes a restart, all\n"
         "others are applied by a reload.\n",
         nullptr,
         compare_configs,
         false},
    };
    return all;
}

std::string text_of(const po::variables_map& options, const std::string& name) {
    const auto found = options.find(name);
    return found == options.end() || found->second.empty() ? "" : found->second.as<std::string>();
}

int give_up(const context& with, const error& failure) {
    with.err << "waggle: " << failure.message << "\n";
    return unavailable;
}

}  // namespace waggle::cli
