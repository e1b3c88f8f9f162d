#pragma once

#include <string>
#include <vector>

namespace waggle::config {

/// One thing that is wrong with a file.
struct problem {
    std::string file;
    /// Counted from 1; 0 if the problem is the file itself.
    unsigned line = 0;
    unsigned column = 0;
    /// The way to the value, as in "overlays[1].vni"; empty for the file as a whole.
    std::string path;
    /// What is wrong and what is allowed.
    std::string message;
    friend bool operator==(const problem&, const problem&) = default;
};

/// "file:line:column: path: message"; parts that are unknown are left out.
std::string to_string(const problem& wrong);
/// One problem a line, no newline at the end.
std::string to_string(const std::vector<problem>& problems);

}  // namespace waggle::config
