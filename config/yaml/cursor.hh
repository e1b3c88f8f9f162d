#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/tree.hh"

namespace waggle::config {

/// Collects problems up to a number that nobody reads to the end anyway.
class problem_list {
public:
    static constexpr std::size_t most = 1000;

    explicit problem_list(std::string file) : _file(std::move(file)) {}
    void add(unsigned line, unsigned column, std::string path, std::string message);
    /// How many were added, kept or not.
    std::size_t count() const { return _count; }
    /// True if more are counted but not kept.
    bool is_full() const { return _count >= most; }
    /// In the file's order.
    std::vector<problem> take() &&;

private:
    std::string _file;
    std::vector<problem> _problems;
    std::size_t _count = 0;
};

/// A value of the file, the way to it from the root, and where its problems go. Lives on the stack of the
/// function that reads the value; its parent must outlive it.
class cursor {
public:
    cursor(problem_list& problems, const tree_node& root) : _problems(&problems), _node(&root) {}
    cursor(const cursor& parent, std::string_view key, const tree_node& node)
        : _problems(parent._problems), _node(&node), _parent(&parent), _key(key) {}
    cursor(const cursor& parent, std::size_t index, const tree_node& node)
        : _problems(parent._problems), _node(&node), _parent(&parent), _index(index) {}

    const tree_node& node() const { return *_node; }
    problem_list& problems() const { return *_problems; }
    /// As in "overlays[1].vni"; empty for the root.
    std::string path() const;

    void problem(std::string message) const;
    /// "is <what stands there>; allowed: <allowed>".
    void refuse(std::string_view allowed) const;

private:
    problem_list* _problems;
    const tree_node* _node;
    const cursor* _parent = nullptr;
    std::string_view _key;
    std::size_t _index = 0;
};

/// "PATH.KEY", or "KEY" under the root.
std::string join(const std::string& path, std::string_view key);

}  // namespace waggle::config
