#include "control/cli/command_line.hh"

#include <algorithm>
#include <ostream>
#include <utility>

#include <boost/program_options.hpp>

#include "config/load.hh"
#include "config/yaml/map_reader.hh"
#include "control/cli/command.hh"

namespace waggle::cli {

namespace {

namespace po = boost::program_options;

constexpr const char* default_config = "/etc/waggle/waggle.yaml";
constexpr unsigned help_width = 100;

po::options_description general_options() {
    po::options_description options("General options", help_width);
    options.add_options()("config,c", po::value<std::string>()->value_name("FILE"),
                          "the host's configuration file, which tells where the sockets are\n"
                          "(/etc/waggle/waggle.yaml)")(
        "runtime-directory", po::value<std::string>()->value_name("DIRECTORY"),
        "where the sockets are, in place of a configuration file")("json,j", po::bool_switch(),
                                                                   "one JSON document, for programs")(
        "help,h", po::bool_switch(), "print this text, or that of a command")("version", po::bool_switch(),
                                                                              "print the version");
    return options;
}

std::string padded(std::string_view text, std::size_t width) {
    return std::string(text) + std::string(width - std::min(width, text.size()), ' ');
}

std::string usage_of(const command& each) {
    std::string usage(each.name);
    for (const std::string_view argument : each.arguments) usage += " " + std::string(argument);
    if (each.repeats) usage += "...";
    return usage;
}

void print_help(std::ostream& out) {
    out << "waggle: shows and steers the Waggle overlay of this host.\n\n"
           "Usage: waggle [general options] COMMAND [options]\n\n"
           "Commands:\n";
    for (const command& each : commands())
        out << "  " << padded(usage_of(each), 27) << " " << each.summary << "\n";
    out << "\n"
        << general_options()
        << "\nExit status: 0 yes; 1 no (a difference, a host that is not healthy, a bad file); 2 wrong "
           "usage;\n"
           "3 a process is not running, or refused. 'waggle COMMAND --help' tells more of a command.\n";
}

void print_command_help(const command& each, const po::options_description& own, std::ostream& out) {
    out << "waggle " << each.name << ": " << each.summary << "\n\nUsage: waggle " << usage_of(each)
        << (own.options().empty() ? "" : " [options]") << "\n";
    if (!each.explanation.empty()) out << "\n" << each.explanation;
    if (!own.options().empty()) out << "\n" << own;
    out << "\n" << general_options();
}

int misuse(std::ostream& err, const std::string& sentence, std::string_view command_name = "") {
    const std::string program = command_name.empty() ? "waggle" : "waggle " + std::string(command_name);
    err << program << ": " << sentence << "; see " << program << " --help\n";
    return wrong_usage;
}

/// Where the command's name stands among `words`: the first that is no option and no value of one.
std::size_t find_command(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!words[i].starts_with("-")) return i;
        if (words[i] == "-c" || words[i] == "--config" || words[i] == "--runtime-directory") ++i;
    }
    return words.size();
}

/// The command that begins at `words[at]` and how many words its name has; null if there is none.
std::pair<const command*, std::size_t> command_at(const std::vector<std::string>& words, std::size_t at) {
    for (const command& each : commands()) {
        if (each.name == words[at]) return {&each, 1};
        if (at + 1 < words.size() && each.name == words[at] + " " + words[at + 1]) return {&each, 2};
    }
    return {nullptr, 0};
}

int unknown_command(const std::vector<std::string>& words, std::size_t at, std::ostream& err) {
    std::vector<std::string_view> names;
    for (const command& each : commands()) names.push_back(each.name);
    if (words[at] == "announcement")
        return misuse(err, "'announcement' needs 'show' or 'accept ANNOUNCEMENT'");
    if (words[at] == "config") return misuse(err, "'config' needs 'check FILE' or 'difference OLD NEW'");
    const auto meant = config::nearest(words[at], names);
    return misuse(err, "there is no command '" + words[at] + "'" +
                           (meant ? ", did you mean '" + std::string(*meant) + "'?" : std::string()));
}

/// Nothing after telling why.
std::optional<std::string> find_runtime_directory(const po::variables_map& options, std::ostream& err) {
    if (options.contains("runtime-directory")) return text_of(options, "runtime-directory");
    const bool chosen = options.contains("config");
    const auto found = config::read_runtime_directory(chosen ? text_of(options, "config") : default_config);
    if (const auto* directory = std::get_if<std::string>(&found)) return *directory;
    // Without a file of its own a host can still have been started with the default directory.
    if (!chosen) return config::node{}.runtime_directory;
    err << "waggle: " << to_string(std::get<std::vector<config::problem>>(found)) << "\n";
    return std::nullopt;
}

int run_command(const command& chosen, const std::vector<std::string>& words, std::size_t width,
                std::ostream& out, std::ostream& err) {
    po::options_description own("Options", help_width);
    if (chosen.describe != nullptr) chosen.describe(own);
    po::options_description arguments;
    po::positional_options_description positions;
    for (const std::string_view argument : chosen.arguments) {
        const std::string name(argument);
        const bool many = chosen.repeats && argument == chosen.arguments.back();
        if (many)
            arguments.add_options()(name.c_str(), po::value<std::vector<std::string>>());
        else
            arguments.add_options()(name.c_str(), po::value<std::string>());
        positions.add(name.c_str(), many ? -1 : 1);
    }
    po::options_description all;
    all.add(general_options()).add(own).add(arguments);
    po::variables_map options;
    using style = po::command_line_style::style_t;
    try {
        po::store(po::command_line_parser(words)
                      .options(all)
                      .positional(positions)
                      .style(style::unix_style & ~style::allow_guessing)
                      .run(),
                  options);
        if (options["help"].as<bool>()) {
            print_command_help(chosen, own, out);
            return succeeded;
        }
        po::notify(options);
    } catch (const po::error& mistake) {
        return misuse(err, mistake.what(), chosen.name);
    }
    for (const std::string_view argument : chosen.arguments)
        if (!options.contains(std::string(argument)))
            return misuse(err, std::string(argument) + " is missing", chosen.name);

    context with{"", options["json"].as<bool>(), width, out, err};
    if (chosen.needs_host) {
        const auto directory = find_runtime_directory(options, err);
        if (!directory) return negative;
        with.runtime_directory = *directory;
    }
    return chosen.run(with, options);
}

}  // namespace

int run_command_line(const std::vector<std::string>& words, std::size_t width, std::ostream& out,
                     std::ostream& err) {
    const std::size_t at = find_command(words);
    if (at == words.size()) {
        const auto has = [&](const char* word) {
            return std::find(words.begin(), words.end(), word) != words.end();
        };
        if (has("--version")) {
            out << "waggle " << WAGGLE_VERSION << "\n";
            return succeeded;
        }
        if (has("--help") || has("-h")) {
            print_help(out);
            return succeeded;
        }
        return misuse(err, "a command is missing");
    }
    const auto [chosen, length] = command_at(words, at);
    if (chosen == nullptr) return unknown_command(words, at, err);
    std::vector<std::string> rest = words;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at),
               rest.begin() + static_cast<std::ptrdiff_t>(at + length));
    return run_command(*chosen, rest, width, out, err);
}

}  // namespace waggle::cli
