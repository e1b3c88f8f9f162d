#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace waggle::cli {

/// Runs `waggle` with `words` (without the program's name) and returns its exit status. `width`: of the
/// terminal that `out` is.
int run_command_line(const std::vector<std::string>& words, std::size_t width, std::ostream& out,
                     std::ostream& err);

}  // namespace waggle::cli
