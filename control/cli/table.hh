#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace waggle::cli {

enum class alignment { left, right };

struct column {
    std::string title;
    alignment align = alignment::left;
    /// Order of leaving when the table is too wide: the highest goes first, 0 stays.
    unsigned expendable = 0;
    /// Long cells may be cut, with "..." at the end, before any column is left out.
    bool shortens = false;
};

/// Rows of text under titles, made as wide as their contents need and no wider than a terminal.
class table {
public:
    explicit table(std::vector<column> columns) : _columns(std::move(columns)) {}

    /// One cell a column.
    void add(std::vector<std::string> cells);
    bool empty() const { return _rows.empty(); }
    /// Lines of at most `width` characters, as far as leaving out and shortening can do it.
    std::string render(std::size_t width) const;

private:
    std::vector<column> _columns;
    std::vector<std::vector<std::string>> _rows;
};

/// Characters that a terminal shows for UTF-8 text, all of them taken as one cell wide.
std::size_t display_width(std::string_view text);
/// At most `width` characters of `text`, "..." in place of the rest.
std::string shortened(std::string_view text, std::size_t width);
/// `text` broken at spaces into lines of at most `width` characters, all but the first after `indent` spaces;
/// longer words stay whole.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);
/// `text` on one line: control characters, which could steer the terminal, become '?'.
std::string printable(std::string_view text);

}  // namespace waggle::cli
