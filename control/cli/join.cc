#include <chrono>
#include <ctime>
#include <iostream>
#include <optional>
#include <thread>

#include "common/secret.hh"
#include "control/cli/command.hh"
#include "control/cli/control_client.hh"
#include "control/cli/join_request.hh"
#include "control/cli/listing.hh"
#include "control/cli/node_text.hh"

/// Commands of the membership in a Docker swarm.
namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;

/// The node as soon as `enough` says so of it, or when the time is over.
template <typename Enough>
result<json> wait_for(const control_client& control, unsigned seconds, Enough enough) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    for (;;) {
        auto node = control.get("/v1/node");
        if (!node || enough(*node) || std::chrono::steady_clock::now() >= end) return node;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

json asked_of(const json& node) {
    return node.value("asked", json::object());
}

bool is_running(const json& node) {
    return asked_of(node).value("running", false);
}

/// How what was asked for ended; nothing if it was done.
std::optional<int> trouble(const context& with, const json& node, const char* what) {
    const std::string failure = asked_of(node).value("failure", "");
    if (is_running(node)) {
        with.err << "waggle: this host is still " << what << "; 'waggle node' tells how it goes on\n";
        return negative;
    }
    if (failure.empty()) return std::nullopt;
    return give_up(with, error{failure});
}

void say(const context& with, const json& node, const std::string& sentence) {
    if (with.json)
        with.out << node.dump() << "\n";
    else
        with.out << sentence << "\n";
}

}  // namespace

int join(const context& with, const po::variables_map& options) {
    auto request = join_request(options, std::cin);
    if (!request) {
        with.err << "waggle join: " << request.failure().message << "; see waggle join --help\n";
        return wrong_usage;
    }
    const control_client control(with.control_socket());
    const auto reply = control.post("/v1/join", *request);
    wipe((*request)["token"].get_ref<std::string&>());
    if (!reply) return give_up(with, reply.failure());
    const auto node = wait_for(control, options["wait"].as<unsigned>(), [](const json& now) {
        if (is_running(now)) return false;
        return !asked_of(now).value("failure", "").empty() || field_text(now, "state") == "ready";
    });
    if (!node) return give_up(with, node.failure());
    if (const auto wrong = trouble(with, *node, "joining")) return *wrong;
    if (field_text(*node, "state") != "ready") {
        with.err << "waggle: this host is node " << field_text(*node, "id")
                 << " of the swarm, but has no session with a manager yet; 'waggle node' tells why\n";
        return negative;
    }
    say(with, *node,
        "this host is " + field_text(*node, "role") + " " + field_text(*node, "id") + " of the swarm");
    return succeeded;
}

int leave(const context& with, const po::variables_map& options) {
    const control_client control(with.control_socket());
    const auto before = control.get("/v1/node");
    if (!before) return give_up(with, before.failure());
    const auto reply = control.post("/v1/leave", json::object());
    if (!reply) return give_up(with, reply.failure());
    const auto node =
        wait_for(control, options["wait"].as<unsigned>(), [](const json& now) { return !is_running(now); });
    if (!node) return give_up(with, node.failure());
    if (const auto wrong = trouble(with, *node, "leaving")) return *wrong;
    say(with, *node,
        "this host has left the swarm; 'docker node rm " + field_text(*before, "id") +
            "' on a manager takes it off the list");
    return succeeded;
}

int show_node(const context& with, const po::variables_map&) {
    const auto node = control_client(with.control_socket()).get("/v1/node");
    if (!node) return give_up(with, node.failure());
    if (with.json)
        with.out << node->dump() << "\n";
    else
        with.out << node_text(*node, std::time(nullptr), with.width);
    return field_text(*node, "state") == "ready" && field_text(*node, "problem") == "-" ? succeeded
                                                                                        : negative;
}

}  // namespace waggle::cli
