#pragma once

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.hh"

/// Table form for the loader's messages: a small good file, one edit, and every problem that follows.
namespace waggle::config {

inline const std::string good_file = R"(node:
  name: alpha
  vtep: {ipv4: 192.0.2.1}
  underlay: [{name: wan, kind: packet, interface: eth0}]
overlays:
  - {name: blue, vni: 100, subnets: [10.1.0.0/24]}
peers:
  - {name: beta, vtep: {ipv4: 192.0.2.2}}
endpoints:
  - {name: web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: container, namespace: web}}
  - {name: db, overlay: blue, addresses: [10.1.0.3], host: beta}
)";

/// The good file with the first `find` replaced; `find` must be there.
inline std::string edited(const std::string& find, const std::string& replacement) {
    std::string text = good_file;
    const std::size_t at = text.find(find);
    if (at == std::string::npos) throw std::logic_error("the good file has no '" + find + "'");
    return text.replace(at, find.size(), replacement);
}

/// The problems of a text, one a line; empty if it loads.
inline std::string problems_of(const std::string& text) {
    const load_result loaded = load_text(text, "f");
    const auto* problems = std::get_if<std::vector<problem>>(&loaded);
    return problems == nullptr ? "" : to_string(*problems);
}

struct edit_case {
    const char* name;
    const char* find;
    const char* replacement;
    /// Lines without the file's name.
    std::vector<const char*> expected;
};
inline void PrintTo(const edit_case& tested, std::ostream* out) {
    *out << tested.name;
}
inline std::string name_of_case(const testing::TestParamInfo<edit_case>& tested) {
    return tested.param.name;
}

inline void check(const edit_case& tested) {
    std::string expected;
    for (const char* line : tested.expected)
        expected += (expected.empty() ? "f:" : "\nf:") + std::string(line);
    EXPECT_EQ(problems_of(edited(tested.find, tested.replacement)), expected);
}

}  // namespace waggle::config
