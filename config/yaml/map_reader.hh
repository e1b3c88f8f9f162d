#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "config/yaml/cursor.hh"

namespace waggle::config {

/// The entries of a map under the keys that are known. Reports, when made: a value that is no map, keys that
/// are unknown (with the nearest known one) and keys that are given twice.
class map_reader {
public:
    /// `at` must outlive the reader, and every cursor taken from it; `known` are literals.
    map_reader(const cursor& at, std::initializer_list<std::string_view> known);

    bool is_map() const { return _at.node().kind == tree_kind::map; }
    const cursor& at() const { return _at; }
    /// Nothing if the key is absent.
    std::optional<cursor> optional(std::string_view key) const;
    /// Like optional(); reports the key as missing, with what it takes.
    std::optional<cursor> required(std::string_view key, std::string_view allowed) const;

private:
    struct slot {
        std::string_view key;
        const tree_entry* entry = nullptr;
    };
    void report_unknown(const tree_entry& entry) const;

    const cursor& _at;
    std::vector<slot> _slots;
};

/// The text under `key` if `at` is a map and has it as a scalar, else "": for the key that decides which
/// others there may be. Reports nothing.
std::string_view peek(const cursor& at, std::string_view key);

/// The known word nearest to `word`, if one is near enough to be meant.
std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace waggle::config
