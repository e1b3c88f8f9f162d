#include "config/yaml/tree.hh"

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/yaml/text_check.hh"

namespace waggle::config {

namespace {

/// Leaves yaml-cpp's parser from inside an event; never leaves this file.
struct stop_parsing : std::exception {};

unsigned counted_from_one(int position) {
    return position < 0 ? 1 : static_cast<unsigned>(position) + 1;
}

/// Builds the tree from yaml-cpp's events, because its own tree resolves aliases, drops duplicate keys'
/// positions and has none for keys.
class tree_builder : public YAML::EventHandler {
public:
    explicit tree_builder(std::string file) : _file(std::move(file)) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++_documents > 1) fail(mark, "starts a second document; allowed: one document in a file");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (expects_key()) fail(mark, "has no key; allowed: 'key: value'");
        add(make(mark, tree_kind::empty, "", anchor));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        complain(mark, "is an alias (*name); allowed: the value itself");
        if (expects_key()) throw stop_parsing();
        add(make(mark, tree_kind::empty, "", YAML::NullAnchor));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        tree_node node = make(mark, tree_kind::scalar, tag, anchor);
        node.quoted = tag == "!";
        node.text = value;
        if (expects_key()) {
            open().key = tree_entry{std::move(node.text), node.line, node.column, {}};
        } else {
            add(std::move(node));
        }
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        start(mark, tree_kind::list, tag, anchor);
    }
    void OnSequenceEnd() override { finish(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        start(mark, tree_kind::map, tag, anchor);
    }
    void OnMapEnd() override { finish(); }

    void complain(const YAML::Mark& mark, std::string message) {
        _problems.push_back(
            {_file, counted_from_one(mark.line), counted_from_one(mark.column), "", std::move(message)});
        // A file full of them says nothing new after a screenful.
        if (_problems.size() >= 100) throw stop_parsing();
    }
    std::vector<problem>& problems() { return _problems; }
    std::optional<tree_node>& root() { return _root; }

private:
    /// A list or map whose end has not been seen, and in a map the key whose value comes next.
    struct open_node {
        tree_node node;
        std::optional<tree_entry> key;
    };

    open_node& open() { return _open.back(); }
    bool expects_key() const {
        return !_open.empty() && _open.back().node.kind == tree_kind::map && !_open.back().key;
    }
    [[noreturn]] void fail(const YAML::Mark& mark, std::string message) {
        complain(mark, std::move(message));
        throw stop_parsing();
    }
    tree_node make(const YAML::Mark& mark, tree_kind kind, const std::string& tag, YAML::anchor_t anchor) {
        if (++_values > most_values)
            fail(mark, "is one value too many; allowed: " + std::to_string(most_values) + " in a file");
        if (anchor != YAML::NullAnchor) complain(mark, "has an anchor (&name); allowed: a value without one");
        if (!tag.empty() && tag != "?" && tag != "!")
            complain(mark, "has the tag " + quote(tag) + "; allowed: a value without a tag");
        tree_node node;
        node.kind = kind;
        node.line = counted_from_one(mark.line);
        node.column = counted_from_one(mark.column);
        return node;
    }
    void start(const YAML::Mark& mark, tree_kind kind, const std::string& tag, YAML::anchor_t anchor) {
        if (expects_key())
            fail(mark, "is an unclosed bracket, or a list or map where a key belongs; allowed: 'key: value'");
        if (_open.size() >= deepest_nesting)
            fail(mark, "is nested too deep; allowed: " + std::to_string(deepest_nesting) + " levels");
        _open.push_back({make(mark, kind, tag, anchor), {}});
    }
    void finish() {
        tree_node node = std::move(open().node);
        _open.pop_back();
        add(std::move(node));
    }
    void add(tree_node node) {
        if (_open.empty()) {
            _root = std::move(node);
        } else if (open().node.kind == tree_kind::list) {
            open().node.items.push_back(std::move(node));
        } else {
            open().key->value = std::move(node);
            open().node.entries.push_back(std::move(*open().key));
            open().key.reset();
        }
    }

    std::string _file;
    std::vector<problem> _problems;
    std::vector<open_node> _open;
    std::optional<tree_node> _root;
    std::size_t _values = 0;
    unsigned _documents = 0;
};

/// Line and column of a byte, counted from 1.
std::pair<unsigned, unsigned> position_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto lines = static_cast<unsigned>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t newline = before.rfind('\n');
    const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
    return {lines + 1, static_cast<unsigned>(offset - start) + 1};
}

}  // namespace

std::variant<tree_node, std::vector<problem>> parse_tree(std::string_view text, const std::string& file) {
    const auto refused = [&](unsigned line, unsigned column, std::string message) {
        return std::vector<problem>{{file, line, column, "", std::move(message)}};
    };
    if (text.size() > largest_file)
        return refused(0, 0,
                       "is larger than " + std::to_string(largest_file >> 20U) + " MiB, the most allowed");
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (const auto bad = find_bad_text(text)) {
        const auto [line, column] = position_of(text, bad->offset);
        return refused(line, column, "has " + bad->reason);
    }

    tree_builder builder(file);
    try {
        // yaml-cpp takes the end of the input for the end of a quoted scalar; an end of document it refuses
        // there.
        std::istringstream stream(std::string(text) + "\n...\n");
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const stop_parsing&) {
    } catch (const YAML::Exception& failure) {
        const auto [last_line, end] = position_of(text, text.find_last_not_of('\n') + 1);
        const unsigned line = counted_from_one(failure.mark.line);
        if (line > last_line)
            return refused(last_line, end, "is not YAML: ends inside a list, map or quoted text");
        builder.problems().push_back(
            {file, line, counted_from_one(failure.mark.column), "", "is not YAML: " + failure.msg});
    } catch (const std::exception& failure) {
        return refused(1, 1, std::string("cannot be parsed: ") + failure.what());
    }
    if (!builder.problems().empty()) return std::move(builder.problems());
    if (!builder.root() || builder.root()->kind == tree_kind::empty)
        return refused(1, 1, "is empty; allowed: one YAML document");
    return std::move(*builder.root());
}

}  // namespace waggle::config
