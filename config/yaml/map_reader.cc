#include "config/yaml/map_reader.hh"

#include <algorithm>
#include <numeric>
#include <string>

#include "config/yaml/text_check.hh"

namespace waggle::config {

namespace {

/// How many letters must be inserted, deleted, replaced or swapped with their neighbour to make one word of
/// the other.
std::size_t distance_between(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    std::iota(cost[0].begin(), cost[0].end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({replace, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& known) {
    constexpr std::size_t longest = 40;
    if (word.size() > longest) return std::nullopt;
    std::optional<std::string_view> best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::size_t distance = distance_between(word, candidate);
        if (distance >= best_distance || distance >= candidate.size()) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

std::string_view peek(const cursor& at, std::string_view key) {
    for (const tree_entry& entry : at.node().entries)
        if (entry.key == key) return entry.value.text;
    return "";
}

map_reader::map_reader(const cursor& at, std::initializer_list<std::string_view> known) : _at(at) {
    _slots.reserve(known.size());
    for (const std::string_view key : known) _slots.push_back({key});
    if (!is_map()) {
        std::string keys;
        for (const slot& s : _slots) keys += (keys.empty() ? "" : ", ") + std::string(s.key);
        at.refuse("a map with the keys " + keys);
        return;
    }
    for (const tree_entry& entry : at.node().entries) {
        const auto found =
            std::find_if(_slots.begin(), _slots.end(), [&](const slot& s) { return s.key == entry.key; });
        if (found == _slots.end()) {
            report_unknown(entry);
        } else if (found->entry != nullptr) {
            at.problems().add(
                entry.line, entry.column, join(at.path(), entry.key),
                "is given twice (first on line " + std::to_string(found->entry->line) + "); allowed: once");
        } else {
            found->entry = &entry;
        }
    }
}

void map_reader::report_unknown(const tree_entry& entry) const {
    if (_at.problems().is_full()) return _at.problems().add(entry.line, entry.column, "", "");
    std::vector<std::string_view> keys;
    std::string list;
    for (const slot& s : _slots) {
        keys.push_back(s.key);
        list += (list.empty() ? "" : ", ") + std::string(s.key);
    }
    const auto meant = nearest(entry.key, keys);
    const std::string shown = quote(entry.key);
    _at.problems().add(entry.line, entry.column, join(_at.path(), shown.substr(1, shown.size() - 2)),
                       "is not a key that exists here" +
                           (meant ? " (did you mean '" + std::string(*meant) + "'?)" : std::string()) +
                           "; allowed: " + list);
}

std::optional<cursor> map_reader::optional(std::string_view key) const {
    for (const slot& s : _slots)
        if (s.key == key && s.entry != nullptr) return cursor(_at, s.key, s.entry->value);
    return std::nullopt;
}

std::optional<cursor> map_reader::required(std::string_view key, std::string_view allowed) const {
    std::optional<cursor> found = optional(key);
    if (!found && is_map()) {
        _at.problems().add(_at.node().line, _at.node().column, join(_at.path(), key),
                           "is missing; allowed: " + std::string(allowed));
    }
    return found;
}

}  // namespace waggle::config
