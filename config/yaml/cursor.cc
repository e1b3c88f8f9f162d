#include "config/yaml/cursor.hh"

#include <algorithm>
#include <tuple>

#include "config/yaml/text_check.hh"

namespace waggle::config {

void problem_list::add(unsigned line, unsigned column, std::string path, std::string message) {
    if (++_count > most) return;
    _problems.push_back({_file, line, column, std::move(path), std::move(message)});
}

std::vector<problem> problem_list::take() && {
    std::stable_sort(_problems.begin(), _problems.end(), [](const problem& a, const problem& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    if (_count > most) {
        _problems.push_back(
            {_file, 0, 0, "", "has " + std::to_string(_count - most) + " more problems that are not listed"});
    }
    return std::move(_problems);
}

std::string join(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : path + "." + std::string(key);
}

std::string cursor::path() const {
    if (_parent == nullptr) return "";
    const std::string before = _parent->path();
    return _key.empty() ? before + "[" + std::to_string(_index) + "]" : join(before, _key);
}

void cursor::problem(std::string message) const {
    _problems->add(_node->line, _node->column, path(), std::move(message));
}

void cursor::refuse(std::string_view allowed) const {
    std::string found;
    switch (_node->kind) {
        case tree_kind::empty:
            found = "has no value";
            break;
        case tree_kind::list:
            found = "is a list";
            break;
        case tree_kind::map:
            found = "is a map";
            break;
        case tree_kind::scalar:
            found = (_node->quoted ? "is the quoted text " : "is ") + quote(_node->text);
            break;
    }
    problem(found + "; allowed: " + std::string(allowed));
}

}  // namespace waggle::config
