#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <unistd.h>
#include <vector>

#include <sys/ioctl.h>

#include "control/cli/command.hh"
#include "control/cli/command_line.hh"

namespace {

/// Wide enough for everything in a file or pipe, and no line so long that it cannot be read.
constexpr std::size_t width_without_terminal = 200;

std::size_t terminal_width() {
    winsize size{};
    if (::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return width_without_terminal;
}

}  // namespace

int main(int count, char** words) {
    try {
        return waggle::cli::run_command_line({words + 1, words + count}, terminal_width(), std::cout,
                                             std::cerr);
    } catch (const std::exception& failure) {
        std::cerr << "waggle: " << failure.what() << "\n";
        return waggle::cli::unavailable;
    }
}
