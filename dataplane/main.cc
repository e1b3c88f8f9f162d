#include <algorithm>
#include <iostream>
#include <systemd/sd-daemon.h>

#include <rte_eal.h>

#include "config/load.hh"
#include "dataplane/packet/esp.hh"
#include "dataplane/process/dataplane.hh"
#include "dataplane/process/eal.hh"
#include "dataplane/process/log.hh"
#include "dataplane/process/main_loop.hh"
#include "dataplane/process/options.hh"
#include "dataplane/process/telemetry.hh"

namespace waggle {
namespace {

/// Prints what is wrong with the file.
std::optional<config::config> load(const std::string& file) {
    config::load_result loaded = config::load_file(file);
    if (auto* good = std::get_if<config::config>(&loaded)) return std::move(*good);
    for (const config::problem& wrong : std::get<std::vector<config::problem>>(loaded))
        std::cerr << config::to_string(wrong) << "\n";
    return std::nullopt;
}

/// The port of ESP in UDP is taken only where a peer wants it: an IKE daemon may need it elsewhere.
std::uint16_t esp_udp_port_of(const config::config& all) {
    const bool wanted =
        std::ranges::any_of(all.peers, [](const config::peer& one) { return one.esp_in_udp.has_value(); });
    return wanted ? esp_in_udp_port : std::uint16_t{0};
}

result<void> run(const config::config& all, const std::string& log_level) {
    const config::node& node = all.node;
    result<main_loop> loop = main_loop::prepare();
    if (!loop) return loop.failure();
    const result<eal_plan> plan = plan_eal(node, look_around());
    if (!plan) return plan.failure();
    if (result<void> done = start_eal(*plan, library_log_level(log_level)); !done) return done;
    set_log_level(log_level);
    if (!plan->warning.empty()) log_warning(plan->warning);
    {
        result<std::unique_ptr<dataplane>> started =
            dataplane::start(node, plan->hugepages, esp_udp_port_of(all));
        if (!started) return started.failure();
        const telemetry_commands telemetry(**started, loop->calls());
        log_info(node.name + ": ready with " + std::to_string(node.worker_count()) +
                 " workers, listening on " + node.dataplane_socket());
        ::sd_notify(0, "READY=1");
        if (result<void> done = loop->run(**started); !done) return done;
        ::sd_notify(0, "STOPPING=1");
    }
    rte_eal_cleanup();
    return {};
}

int main_program(int argument_count, char** arguments) {
    const auto parsed = parse_command_line(argument_count, arguments);
    if (const int* finished = std::get_if<int>(&parsed)) return *finished;
    const auto& options = std::get<process_options>(parsed);
    const std::optional<config::config> configuration = load(options.config_file);
    if (!configuration) return 1;
    if (options.check) {
        std::cout << options.config_file << ": no problems found\n";
        return 0;
    }
    set_log_level(options.log_level);
    if (const result<void> done = run(*configuration, options.log_level); !done) {
        log_error(done.failure().message);
        return 1;
    }
    return 0;
}

}  // namespace
}  // namespace waggle

int main(int argument_count, char** arguments) {
    return waggle::main_program(argument_count, arguments);
}
