#include "dataplane/process/options.hh"

#include <algorithm>
#include <array>
#include <iostream>

#include <boost/program_options.hpp>

namespace waggle {
namespace {

constexpr std::array<std::string_view, 4> log_levels{"error", "warning", "info", "debug"};

constexpr const char* introduction =
    "Usage: waggle-dataplane [--config FILE] [--check] [--log-level LEVEL]\n"
    "\n"
    "Forwards frames between this host's containers, VMs and DPDK applications and the\n"
    "overlay networks. What to forward comes from waggle-control over the socket\n"
    "dataplane.sock in the runtime directory; without it the last state stays in force.\n"
    "\n"
    "Options:\n";

constexpr const char* epilogue =
    "\n"
    "Signals: SIGTERM and SIGINT stop it and remove its interfaces.\n"
    "Needs root. Packet memory comes from hugepages if there are enough.\n";

}  // namespace

std::variant<process_options, int> parse_command_line(int argument_count, char** arguments) {
    namespace po = boost::program_options;
    process_options chosen;
    po::options_description known("", 90);
    auto add = known.add_options();
    add("config,c", po::value(&chosen.config_file)->value_name("FILE")->default_value(chosen.config_file),
        "this host's configuration");
    add("check", po::bool_switch(&chosen.check), "check the configuration and exit");
    add("log-level", po::value(&chosen.log_level)->value_name("LEVEL")->default_value(chosen.log_level),
        "error, warning, info or debug");
    add("version", "print the version and exit");
    add("help,h", "print this help and exit");
    try {
        po::variables_map given;
        po::store(po::command_line_parser(argument_count, arguments)
                      .options(known)
                      .positional(po::positional_options_description())
                      .run(),
                  given);
        if (given.count("help") != 0) {
            std::cout << introduction << known << epilogue;
            return 0;
        }
        if (given.count("version") != 0) {
            std::cout << "waggle-dataplane " WAGGLE_VERSION "\n";
            return 0;
        }
        po::notify(given);
    } catch (const po::error& wrong) {
        std::cerr << "waggle-dataplane: " << wrong.what() << " (see waggle-dataplane --help)\n";
        return 2;
    }
    if (std::ranges::find(log_levels, chosen.log_level) == log_levels.end()) {
        std::cerr << "waggle-dataplane: --log-level " << chosen.log_level
                  << ": allowed are error, warning, info and debug\n";
        return 2;
    }
    return chosen;
}

}  // namespace waggle
