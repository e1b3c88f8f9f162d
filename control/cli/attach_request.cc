#include "control/cli/attach_request.hh"

#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "control/cli/command.hh"

namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;
using words = std::vector<std::string>;

/// A number stays text if it is none, and control tells what is wrong with it.
json number_or_text(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) return text;
    return value;
}

json container(const po::variables_map& options) {
    json attachment{{"kind", "container"}};
    const std::string where = text_of(options, "netns");
    if (where.starts_with("pid:")) {
        attachment["pid"] = number_or_text(where.substr(4));
    } else if (where.find('/') != std::string::npos) {
        attachment["path"] = where;
    } else {
        attachment["namespace"] = where;
    }
    if (options.contains("interface")) attachment["interface"] = text_of(options, "interface");
    if (!options.contains("route")) return attachment;
    for (const std::string& route : options["route"].as<words>()) {
        const std::size_t comma = route.find(',');
        json entry{{"to", route.substr(0, comma)}};
        if (comma != std::string::npos) entry["via"] = route.substr(comma + 1);
        attachment["routes"].push_back(std::move(entry));
    }
    return attachment;
}

/// Options that make sense with one kind of attachment only.
std::optional<error> misplaced(const po::variables_map& options, const std::string& kind) {
    for (const auto& [option, of] : {std::pair<std::string, std::string>{"interface", "netns"},
                                     {"route", "netns"},
                                     {"queues", "vhost-user"},
                                     {"id", "memif"}})
        if (options.contains(option) && of != kind)
            return error{"--" + option + " goes with --" + of + " only"};
    return std::nullopt;
}

}  // namespace

const std::string_view attach_explanation =
    "The endpoint is kept over restarts until it is detached. Example:\n"
    "  waggle attach --overlay blue --name job7 --address 10.1.0.7 --netns job7 --route 0.0.0.0/0,10.1.0.1\n"
    "Exit status 3 if it is refused.\n";

void describe_attach(po::options_description& options) {
    options.add_options()("overlay", po::value<std::string>()->value_name("NAME")->required(), "its overlay")(
        "name", po::value<std::string>()->value_name("NAME")->required(), "its name")(
        "address", po::value<words>()->value_name("IP")->composing(),
        "its address; once more for one of the other family; absent where the swarm chooses one")(
        "alias", po::value<words>()->value_name("NAME")->composing(),
        "a further name for the swarm's resolvers; may be repeated")(
        "mac", po::value<std::string>()->value_name("MAC"), "its MAC; by default 02:42 and the IPv4 address")(
        "netns", po::value<std::string>()->value_name("WHERE"),
        "a container: its network namespace as a name, a path or pid:NUMBER")(
        "interface", po::value<std::string>()->value_name("NAME"),
        "the container's interface; by default eth0")("route",
                                                      po::value<words>()->value_name("TO[,VIA]")->composing(),
                                                      "a route in the container; may be repeated")(
        "vhost-user", po::value<std::string>()->value_name("SOCKET"),
        "a DPDK application or VM by vhost-user")("queues", po::value<std::string>()->value_name("N"),
                                                  "vhost-user's queue pairs; by default 1")(
        "memif", po::value<std::string>()->value_name("SOCKET"), "a DPDK application by memif")(
        "id", po::value<std::string>()->value_name("N"), "memif's id; by default 0")(
        "device", po::value<std::string>()->value_name("DEVICE"), "any other DPDK device")(
        "wait", po::value<unsigned>()->value_name("SECONDS"),
        "wait until it is attached; exit status 1 if it is not");
}

result<json> attach_request(const po::variables_map& options) {
    std::string kind;
    for (const std::string each : {"netns", "vhost-user", "memif", "device"}) {
        if (!options.contains(each)) continue;
        if (!kind.empty()) return error{"--" + kind + " and --" + each + " exclude each other"};
        kind = each;
    }
    if (kind.empty()) return error{"one of --netns, --vhost-user, --memif and --device is needed"};
    if (const auto wrong = misplaced(options, kind)) return *wrong;

    json request{{"name", text_of(options, "name")}, {"overlay", text_of(options, "overlay")}};
    if (options.contains("address")) request["addresses"] = options["address"].as<words>();
    if (options.contains("alias")) request["aliases"] = options["alias"].as<words>();
    if (options.contains("mac")) request["mac"] = text_of(options, "mac");
    json& attachment = request["attachment"];
    if (kind == "netns") {
        attachment = container(options);
    } else if (kind == "device") {
        attachment = {{"kind", "ethdev"}, {"device", text_of(options, kind)}};
    } else {
        attachment = {{"kind", kind}, {"socket", text_of(options, kind)}};
        if (options.contains("queues")) attachment["queues"] = number_or_text(text_of(options, "queues"));
        if (options.contains("id")) attachment["id"] = number_or_text(text_of(options, "id"));
    }
    return request;
}

}  // namespace waggle::cli
