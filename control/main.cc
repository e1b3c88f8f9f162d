#include <csignal>
#include <filesystem>
#include <iostream>
#include <variant>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "config/load.hh"
#include "control/agent/agent.hh"
#include "control/overlay/key_files.hh"
#include "control/process/instance_lock.hh"
#include "control/process/options.hh"
#include "control/process/private_memory.hh"
#include "control/process/service_manager.hh"

namespace waggle::control {
namespace {

void set_up_log(const std::string& level) {
    auto logger = spdlog::stderr_logger_mt("waggle-control");
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
    logger->set_level(spdlog::level::from_str(level));
    spdlog::set_default_logger(std::move(logger));
}

/// Waits for signals one after another, as long as the io_context runs.
class signal_handler {
public:
    signal_handler(boost::asio::io_context& context, agent& running, service_manager& manager)
        : _context(context), _signals(context, SIGTERM, SIGINT, SIGQUIT), _agent(running), _manager(manager) {
        _signals.add(SIGHUP);
        wait();
    }
    int exit_status() const { return _exit_status; }

private:
    void wait() {
        _signals.async_wait([this](boost::system::error_code cancelled, int number) {
            if (cancelled) return;
            handle(number);
            wait();
        });
    }
    void handle(int number) {
        if (number == SIGHUP) {
            if (_stopping) return;
            _manager.reloading();
            _agent.reload();
            _manager.ready();
            return;
        }
        if (_stopping) {
            spdlog::warn("asked again to stop: ending at once, the next start cleans up");
            _exit_status = 1;
            _context.stop();
            return;
        }
        _stopping = true;
        bool upgrade = number == SIGQUIT;
        spdlog::info("{}", upgrade ? "stopping for an upgrade; links and forwarding stay"
                                   : "stopping; links, TAPs and the namespace are removed");
        _manager.stopping();
        _agent.stop(upgrade ? agent::stop_mode::leave_running : agent::stop_mode::remove_everything,
                    [this] { _context.stop(); });
    }

    boost::asio::io_context& _context;
    boost::asio::signal_set _signals;
    agent& _agent;
    service_manager& _manager;
    bool _stopping = false;
    int _exit_status = 0;
};

result<int> run(const options& chosen, config::config file) {
    std::error_code failed;
    std::filesystem::create_directories(file.node.runtime_directory, failed);
    if (failed)
        return error{"can't make the runtime directory " + file.node.runtime_directory + ": " +
                     failed.message()};
    auto lock = instance_lock::take(file.node.runtime_directory + "/control.lock");
    if (!lock) return lock.failure();
    auto endpoints = runtime_endpoints::open(file.node.state_directory, file);
    if (!endpoints) return endpoints.failure();

    auto keys = read_key_files(file);
    if (!keys) return keys.failure();
    if (auto kept = keep_memory_private(); !kept) spdlog::warn("{}", kept.failure().message);

    boost::asio::io_context context(1);
    service_manager manager(context);
    agent running(context, chosen.config_path, std::move(*endpoints), std::move(*keys),
                  [&manager] { manager.ready(); });
    if (auto started = running.start(); !started) return started.failure();
    spdlog::info("waggle-control {} runs for node {}", WAGGLE_VERSION, file.node.name);
    signal_handler signals(context, running, manager);
    context.run();
    spdlog::info("stopped");
    return signals.exit_status();
}

int main(int count, char** words) {
    int status = 0;
    auto chosen = parse_options(count, words, std::cout, std::cerr, status);
    if (!chosen) return status;
    set_up_log(chosen->log_level);
    auto loaded = config::load_file(chosen->config_path);
    if (auto* problems = std::get_if<std::vector<config::problem>>(&loaded)) {
        std::cerr << config::to_string(*problems) << "\n";
        return 1;
    }
    if (chosen->check) {
        if (auto keys = read_key_files(std::get<config::config>(loaded)); !keys) {
            std::cerr << chosen->config_path << ": " << keys.failure().message << "\n";
            return 1;
        }
        std::cout << chosen->config_path << " is good\n";
        return 0;
    }
    auto ended = run(*chosen, std::move(std::get<config::config>(loaded)));
    if (!ended) {
        spdlog::critical("{}", ended.failure().message);
        return 1;
    }
    return *ended;
}

}  // namespace
}  // namespace waggle::control

int main(int count, char** words) {
    return waggle::control::main(count, words);
}
