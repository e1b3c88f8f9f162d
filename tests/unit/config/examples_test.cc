#include <algorithm>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "config/difference.hh"
#include "config/load.hh"
#include "config/write.hh"

namespace waggle::config {
namespace {

std::vector<std::filesystem::path> examples() {
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(WAGGLE_EXAMPLES))
        if (file.path().extension() == ".yaml") files.push_back(file.path());
    std::sort(files.begin(), files.end());
    return files;
}

class example : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(example, loads) {
    const load_result loaded = load_file(GetParam());
    if (const auto* problems = std::get_if<std::vector<problem>>(&loaded)) FAIL() << to_string(*problems);
    const config& result = std::get<config>(loaded);
    EXPECT_TRUE(!result.overlays.empty() || result.swarm);
    EXPECT_FALSE(result.endpoints.empty());
    EXPECT_TRUE(compare(result, result).empty());
}

TEST_P(example, endpoints_survive_writing_and_loading) {
    const load_result loaded = load_file(GetParam());
    ASSERT_TRUE(std::holds_alternative<config>(loaded));
    const config& full = std::get<config>(loaded);
    config bare = full;
    bare.endpoints.clear();

    const endpoint_list again = load_endpoints(write_endpoints(full.endpoints), "written", bare);
    EXPECT_EQ(to_string(again.problems), "");
    EXPECT_EQ(again.endpoints, full.endpoints);

    for (const endpoint& each : full.endpoints) {
        const auto one = parse_endpoint(write_endpoint(each), "written", bare);
        ASSERT_TRUE(std::holds_alternative<endpoint>(one)) << to_string(std::get<1>(one));
        EXPECT_EQ(std::get<endpoint>(one), each);
    }
}

INSTANTIATE_TEST_SUITE_P(config, example, testing::ValuesIn(examples()), [](const auto& tested) {
    std::string name = tested.param.stem();
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(examples, are_all_there) {
    EXPECT_GE(examples().size(), 7U);
}

/// Together the examples show every kind of port and attachment there is.
TEST(examples, show_every_kind) {
    std::set<std::size_t> underlays;
    std::set<std::size_t> attachments;
    for (const auto& file : examples()) {
        const load_result loaded = load_file(file);
        ASSERT_TRUE(std::holds_alternative<config>(loaded));
        for (const underlay_port& port : std::get<config>(loaded).node.underlay)
            underlays.insert(port.kind.index());
        for (const endpoint& each : std::get<config>(loaded).endpoints)
            if (each.attached) attachments.insert(each.attached->index());
    }
    EXPECT_EQ(underlays.size(), std::variant_size_v<decltype(underlay_port::kind)>);
    EXPECT_EQ(attachments.size(), std::variant_size_v<attachment>);
}

}  // namespace
}  // namespace waggle::config
