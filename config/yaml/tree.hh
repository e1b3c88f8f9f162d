#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/problem.hh"

namespace waggle::config {

enum class tree_kind { empty, scalar, list, map };

struct tree_entry;

/// A YAML value with its place in the file. Scalars stay text: nothing is guessed from how they look, so
/// YAML 1.1's `on`, octal and sexagesimal numbers mean nothing here.
struct tree_node {
    tree_kind kind = tree_kind::empty;
    /// Counted from 1.
    unsigned line = 1;
    unsigned column = 1;
    /// True for a scalar in quotes or a block scalar: always text, never a number or a boolean.
    bool quoted = false;
    std::string text;
    std::vector<tree_node> items;
    /// In the file's order; a key given twice is there twice.
    std::vector<tree_entry> entries;
};

struct tree_entry {
    std::string key;
    unsigned line = 1;
    unsigned column = 1;
    tree_node value;
};

/// What a file may cost before it is refused.
inline constexpr std::size_t largest_file = std::size_t{16} << 20U;
inline constexpr std::size_t most_values = 1'000'000;
inline constexpr std::size_t deepest_nesting = 16;

/// The one document in `text`. Refused with position: text that is not UTF-8, syntax errors, no document or
/// more than one, anchors, aliases and tags (nothing here needs them, and they can hide huge files), keys
/// that are not plain, and more than the limits above. Never throws.
std::variant<tree_node, std::vector<problem>> parse_tree(std::string_view text, const std::string& file);

}  // namespace waggle::config
