#include <chrono>
#include <ostream>
#include <thread>

#include "control/cli/attach_request.hh"
#include "control/cli/command.hh"
#include "control/cli/control_client.hh"
#include "control/cli/listing.hh"

namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;

void say(const context& with, const std::string& key, const std::string& name, const std::string& sentence) {
    if (with.json) {
        with.out << json{{key, name}}.dump() << "\n";
    } else {
        with.out << "endpoint '" << name << "' " << sentence << "\n";
    }
}

/// Until the endpoint is attached or cannot be, or `seconds` have passed.
int wait_for(const context& with, const control_client& control, const std::string& name, unsigned seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    std::string last = "is not known to waggle-control";
    do {
        const auto endpoints = control.items("/v1/endpoints");
        if (!endpoints) return give_up(with, endpoints.failure());
        for (const json& each : *endpoints) {
            if (field_text(each, "name") != name) continue;
            const std::string state = field_text(each, "state");
            if (state == "attached") {
                say(with, "attached", name, "is attached");
                return succeeded;
            }
            last = (state == "failed" ? "could not be attached: " : "is not attached yet: ") +
                   field_text(each, "detail");
            if (state == "failed") {
                with.err << "waggle: endpoint '" << name << "' " << last << "\n";
                return negative;
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    } while (std::chrono::steady_clock::now() < end);
    with.err << "waggle: after " << seconds << " s endpoint '" << name << "' " << last << "\n";
    return negative;
}

}  // namespace

int attach(const context& with, const po::variables_map& options) {
    const auto request = attach_request(options);
    if (!request) {
        with.err << "waggle attach: " << request.failure().message << "; see waggle attach --help\n";
        return wrong_usage;
    }
    const control_client control(with.control_socket());
    const auto reply = control.post("/v1/attach", *request);
    if (!reply) return give_up(with, reply.failure());
    const std::string name = text_of(options, "name");
    if (options.contains("wait")) return wait_for(with, control, name, options["wait"].as<unsigned>());
    say(with, "accepted", name, "is being attached; 'waggle endpoints' tells how far it is");
    return succeeded;
}

int detach(const context& with, const po::variables_map& options) {
    const std::string name = text_of(options, "NAME");
    const auto reply = control_client(with.control_socket()).post("/v1/detach", json{{"name", name}});
    if (!reply) return give_up(with, reply.failure());
    say(with, "detached", name, "is detached");
    return succeeded;
}

int reload(const context& with, const po::variables_map&) {
    const auto reply = control_client(with.control_socket()).post("/v1/reload", json::object());
    if (!reply) return give_up(with, reply.failure());
    if (with.json) with.out << "{}\n";
    return succeeded;
}

}  // namespace waggle::cli
