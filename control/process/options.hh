#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace waggle::control {

/// What the command line asks for.
struct options {
    std::string config_path = "/etc/waggle/waggle.yaml";
    /// "trace", "debug", "info", "warning", "error" or "critical".
    std::string log_level = "info";
    /// Only say whether the file is good.
    bool check = false;
};

/// Reads the command line. Nothing if the process is to end with `status`: after --help and --version (0, the
/// text on `out`) or a mistake (2, one sentence on `err`).
std::optional<options> parse_options(int count, const char* const* words, std::ostream& out,
                                     std::ostream& err, int& status);

}  // namespace waggle::control
