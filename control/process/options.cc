#include "control/process/options.hh"

#include <algorithm>
#include <array>
#include <ostream>
#include <string_view>

#include <boost/program_options.hpp>

namespace waggle::control {
namespace {

constexpr std::array<std::string_view, 6> log_levels{"trace",   "debug", "info",
                                                     "warning", "error", "critical"};

constexpr std::string_view preface =
    "waggle-control: keeps waggle-dataplane and the containers' links of this host as\n"
    "the configuration file wants them.\n"
    "\n"
    "Usage: waggle-control [--config FILE] [options]\n";

constexpr std::string_view signals =
    "\n"
    "Signals:\n"
    "  SIGHUP            read the file again and apply what differs\n"
    "  SIGTERM, SIGINT   stop and take away links, TAPs and Waggle's namespace\n"
    "  SIGQUIT           stop for an upgrade: everything stays and forwards; the next\n"
    "                    waggle-control takes over\n";

}  // namespace

std::optional<options> parse_options(int count, const char* const* words, std::ostream& out,
                                     std::ostream& err, int& status) {
    namespace po = boost::program_options;
    options chosen;
    po::options_description known("Options", 78);
    known.add_options()("config,c",
                        po::value(&chosen.config_path)->default_value(chosen.config_path)->value_name("FILE"),
                        "the host's configuration file")("check", po::bool_switch(&chosen.check),
                                                         "say whether the file is good, and end")(
        "log-level", po::value(&chosen.log_level)->default_value(chosen.log_level)->value_name("LEVEL"),
        "trace, debug, info, warning, error or critical")("version", "print the version")("help,h",
                                                                                          "print this text");
    po::variables_map values;
    try {
        po::command_line_parser parser(count, words);
        po::store(parser.options(known).positional({}).run(), values);
        po::notify(values);
    } catch (const po::error& mistake) {
        err << "waggle-control: " << mistake.what() << "; see waggle-control --help\n";
        status = 2;
        return std::nullopt;
    }
    status = 0;
    if (values.contains("help")) {
        out << preface << "\n" << known << signals;
        return std::nullopt;
    }
    if (values.contains("version")) {
        out << "waggle-control " << WAGGLE_VERSION << "\n";
        return std::nullopt;
    }
    if (std::ranges::find(log_levels, chosen.log_level) == log_levels.end()) {
        err << "waggle-control: '" << chosen.log_level
            << "' is no log level; allowed: trace, debug, info, warning, error, critical\n";
        status = 2;
        return std::nullopt;
    }
    return chosen;
}

}  // namespace waggle::control
