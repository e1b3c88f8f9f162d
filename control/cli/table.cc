#include "control/cli/table.hh"

#include <algorithm>
#include <numeric>

namespace waggle::cli {

namespace {

constexpr std::size_t gap = 2;
/// Cells are not cut below this, a column is left out then.
constexpr std::size_t shortest = 12;

bool starts_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::size_t total(const std::vector<std::size_t>& widths, const std::vector<std::size_t>& shown) {
    std::size_t sum = shown.empty() ? 0 : (shown.size() - 1) * gap;
    for (const std::size_t i : shown) sum += widths[i];
    return sum;
}

/// Takes what is too much from the widest column that may be cut, as often as it helps.
void shorten_columns(const std::vector<column>& columns, const std::vector<std::size_t>& shown,
                     std::vector<std::size_t>& widths, std::size_t limit) {
    while (total(widths, shown) > limit) {
        std::size_t widest = columns.size();
        for (const std::size_t i : shown)
            if (columns[i].shortens && widths[i] > std::max(shortest, columns[i].title.size()) &&
                (widest == columns.size() || widths[i] > widths[widest]))
                widest = i;
        if (widest == columns.size()) return;
        --widths[widest];
    }
}

/// The index in `shown` of the column to leave out next; shown.size() if all must stay.
std::size_t most_expendable(const std::vector<column>& columns, const std::vector<std::size_t>& shown) {
    std::size_t most = shown.size();
    for (std::size_t i = 0; i < shown.size(); ++i)
        if (columns[shown[i]].expendable > 0 &&
            (most == shown.size() || columns[shown[i]].expendable > columns[shown[most]].expendable))
            most = i;
    return most;
}

std::string padded(const std::string& text, std::size_t width, alignment align) {
    const std::string cell = shortened(text, width);
    const std::string space(width - display_width(cell), ' ');
    return align == alignment::left ? cell + space : space + cell;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string shortened(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    const std::size_t kept = width > 3 ? width - 3 : 0;
    std::size_t end = 0;
    for (std::size_t characters = 0; end < text.size(); ++end)
        if (starts_character(text[end]) && characters++ == kept) break;
    return std::string(text.substr(0, end)) + std::string("...").substr(0, width);
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
    std::string lines;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (!lines.empty()) {
            const bool fits = column + 1 + display_width(word) <= width;
            lines += fits ? " " : "\n" + std::string(indent, ' ');
            column = fits ? column + 1 : indent;
        }
        lines += word;
        column += display_width(word);
    }
    return lines;
}

std::string printable(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return line;
}

void table::add(std::vector<std::string> cells) {
    cells.resize(_columns.size());
    for (std::string& cell : cells) cell = printable(cell);
    _rows.push_back(std::move(cells));
}

std::string table::render(std::size_t width) const {
    std::vector<std::size_t> natural;
    for (std::size_t i = 0; i < _columns.size(); ++i) {
        natural.push_back(display_width(_columns[i].title));
        for (const auto& row : _rows) natural[i] = std::max(natural[i], display_width(row[i]));
    }
    std::vector<std::size_t> shown(_columns.size());
    std::iota(shown.begin(), shown.end(), std::size_t{0});
    std::vector<std::size_t> widths = natural;
    shorten_columns(_columns, shown, widths, width);
    while (total(widths, shown) > width) {
        const std::size_t leaves = most_expendable(_columns, shown);
        if (leaves == shown.size()) break;
        shown.erase(shown.begin() + static_cast<std::ptrdiff_t>(leaves));
        widths = natural;
        shorten_columns(_columns, shown, widths, width);
    }

    std::string text;
    const auto line = [&](const auto& cell_of) {
        std::string cells;
        for (const std::size_t i : shown)
            cells += (i == shown.front() ? "" : std::string(gap, ' ')) +
                     padded(cell_of(i), widths[i], _columns[i].align);
        cells.erase(cells.find_last_not_of(' ') + 1);
        text += cells + '\n';
    };
    line([&](std::size_t i) { return _columns[i].title; });
    for (const auto& row : _rows) line([&](std::size_t i) { return row[i]; });
    return text;
}

}  // namespace waggle::cli
