#pragma once

#include <string>
#include <variant>

namespace waggle {

struct process_options {
    std::string config_file = "/etc/waggle/waggle.yaml";
    /// Only check the file.
    bool check = false;
    /// "error", "warning", "info" or "debug".
    std::string log_level = "info";
};

/// What to do, or the exit code if everything is done (help, version, a wrong option: already printed).
std::variant<process_options, int> parse_command_line(int argument_count, char** arguments);

}  // namespace waggle
