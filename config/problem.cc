#include "config/problem.hh"

namespace waggle::config {

std::string to_string(const problem& wrong) {
    std::string text = wrong.file + ":";
    if (wrong.line > 0) text += std::to_string(wrong.line) + ":" + std::to_string(wrong.column) + ":";
    text += " ";
    if (!wrong.path.empty()) text += wrong.path + ": ";
    return text + wrong.message;
}

std::string to_string(const std::vector<problem>& problems) {
    std::string text;
    for (const problem& wrong : problems) {
        if (!text.empty()) text += '\n';
        text += to_string(wrong);
    }
    return text;
}

}  // namespace waggle::config
