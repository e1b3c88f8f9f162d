#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.hh"
#include "config/problem.hh"

namespace waggle::config {

/// A whole, checked configuration, or everything that is wrong with it.
using load_result = std::variant<config, std::vector<problem>>;

/// Reads and checks a file.
load_result load_file(const std::string& path);
/// Checks a text; `name` stands for the file in problems.
load_result load_text(std::string_view text, const std::string& name);

/// Only node.runtime_directory of a file, or its default where it is left out: what a command needs to find
/// the processes. The rest of the file may be wrong, as the processes may run with an earlier one.
std::variant<std::string, std::vector<problem>> read_runtime_directory(const std::string& path);

/// Checks one endpoint, as YAML or JSON with the keys of an entry of `endpoints`, against a loaded
/// configuration: the same checks and messages as in a file. `base` is every endpoint known now, also those
/// attached at run time; it is not changed. Costs a pass over `base`: for many endpoints keep an
/// endpoint_checker.
std::variant<endpoint, std::vector<problem>> parse_endpoint(std::string_view text, const std::string& name,
                                                            const config& base);

struct endpoint_list {
    /// The good ones.
    std::vector<endpoint> endpoints;
    /// What is wrong with the others, or with the text as a whole.
    std::vector<problem> problems;
};
/// The text of write_endpoints(), each entry checked against `base` and the ones before it: an endpoint that
/// fits the configuration no more is left out with the reason, the others stay.
endpoint_list load_endpoints(std::string_view text, const std::string& name, const config& base);

}  // namespace waggle::config
