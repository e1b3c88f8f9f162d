#include "control/overlay/runtime_endpoints.hh"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "config/load.hh"

namespace waggle::control {
namespace {

constexpr const char* base_file = R"(
node: {name: alpha, vtep: {ipv4: 192.0.2.1}, underlay: [{name: wan, kind: packet, interface: eth0}]}
overlays: [{name: blue, vni: 100, subnets: [10.1.0.0/24]}]
peers: [{name: beta, vtep: {ipv4: 192.0.2.2}}]
endpoints:
  - {name: web, overlay: blue, addresses: [10.1.0.2], attachment: {kind: container, namespace: web}}
)";

config::config load(const std::string& text) {
    auto loaded = config::load_text(text, "test.yaml");
    if (auto* problems = std::get_if<std::vector<config::problem>>(&loaded))
        throw std::runtime_error(config::to_string(*problems));
    return std::get<config::config>(loaded);
}

std::string container_json(const std::string& name, const std::string& address) {
    return R"({"name": ")" + name + R"(", "overlay": "blue", "addresses": [")" + address +
           R"("], "attachment": {"kind": "container", "namespace": ")" + name + R"("}})";
}

class runtime_endpoints_test : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/waggle-state-XXXXXX";
        directory = ::mkdtemp(name);
    }
    void TearDown() override { std::filesystem::remove_all(directory); }
    runtime_endpoints open(const std::string& file = base_file) {
        auto opened = runtime_endpoints::open(directory + "/state", load(file));
        EXPECT_TRUE(opened) << opened.failure().message;
        return std::move(*opened);
    }
    void attach(runtime_endpoints& all, const std::string& name, const std::string& address) {
        auto checked = all.check(container_json(name, address));
        ASSERT_TRUE(checked) << checked.failure().message;
        auto kept = all.keep(*checked);
        ASSERT_TRUE(kept) << kept.failure().message;
    }
    std::string directory;
};

TEST_F(runtime_endpoints_test, survive_a_restart) {
    {
        runtime_endpoints all = open();
        attach(all, "one", "10.1.0.10");
        attach(all, "two", "10.1.0.11");
        EXPECT_EQ(all.merged().endpoints.size(), 3U);
        EXPECT_EQ(all.file().endpoints.size(), 1U);
        ASSERT_TRUE(all.forget("one"));
    }
    runtime_endpoints all = open();
    ASSERT_EQ(all.merged().endpoints.size(), 2U);
    EXPECT_EQ(all.merged().endpoints[1].name, "two");
    EXPECT_FALSE(all.contains("one"));
    EXPECT_TRUE(all.contains("two"));
    EXPECT_FALSE(all.contains("web")) << "that is the file's";
}

TEST_F(runtime_endpoints_test, are_checked_like_the_files) {
    runtime_endpoints all = open();
    attach(all, "one", "10.1.0.10");
    for (const std::string& text :
         {container_json("web", "10.1.0.20"), container_json("one", "10.1.0.21"),
          container_json("three", "10.1.0.2"), container_json("three", "10.1.0.10"),
          container_json("three", "10.9.0.1"), std::string("{}"), std::string("]"), std::string(),
          std::string(R"({"name": "x", "overlay": "blue", "addresses": ["10.1.0.9"], "host": "beta"})")})
        EXPECT_FALSE(all.check(text)) << text;
    EXPECT_EQ(all.merged().endpoints.size(), 2U);
}

TEST_F(runtime_endpoints_test, are_set_aside_while_the_file_is_in_the_way) {
    runtime_endpoints all = open();
    attach(all, "one", "10.1.0.10");
    attach(all, "two", "10.1.0.11");
    std::string taken = base_file;
    taken += "  - {name: new, overlay: blue, addresses: [10.1.0.10], host: beta}\n";
    all.rebase(load(taken));
    ASSERT_TRUE(all.set_aside().contains("one"));
    EXPECT_NE(all.set_aside().at("one").find("10.1.0.10"), std::string::npos);
    EXPECT_EQ(all.merged().endpoints.size(), 3U);
    EXPECT_FALSE(all.check(container_json("one", "10.1.0.30"))) << "detach it first";

    runtime_endpoints restarted = open(taken);
    EXPECT_TRUE(restarted.set_aside().contains("one"));
    all.rebase(load(base_file));
    EXPECT_TRUE(all.set_aside().empty());
    EXPECT_EQ(all.merged().endpoints.size(), 3U);
    restarted.rebase(load(base_file));
    EXPECT_EQ(restarted.merged(), all.merged());
}

TEST_F(runtime_endpoints_test, a_set_aside_one_can_be_forgotten) {
    runtime_endpoints all = open();
    attach(all, "one", "10.1.0.10");
    std::string taken = base_file;
    taken += "  - {name: new, overlay: blue, addresses: [10.1.0.10], host: beta}\n";
    all.rebase(load(taken));
    ASSERT_TRUE(all.forget("one"));
    EXPECT_TRUE(all.set_aside().empty());
    EXPECT_EQ(all.merged().endpoints.size(), 2U) << "the file's stay";
    EXPECT_FALSE(all.forget("one"));
}

TEST_F(runtime_endpoints_test, damaged_and_alien_files_do_not_affect_the_others) {
    {
        runtime_endpoints all = open();
        attach(all, "good", "10.1.0.10");
    }
    std::string kept = directory + "/state/endpoints";
    std::ofstream(kept + "/bad.yaml") << "\x01\x02{{{";
    std::ofstream(kept + "/empty.yaml");
    std::ofstream(kept + "/.half.yaml.new") << "cut sho";
    std::ofstream(kept + "/README") << "not ours";
    runtime_endpoints all = open();
    EXPECT_EQ(all.merged().endpoints.size(), 2U);
    EXPECT_EQ(all.set_aside().size(), 2U);
    EXPECT_TRUE(all.forget("bad"));
    EXPECT_TRUE(std::filesystem::exists(kept + "/README"));
    EXPECT_FALSE(std::filesystem::exists(kept + "/bad.yaml"));
}

TEST_F(runtime_endpoints_test, files_are_the_owners_alone) {
    runtime_endpoints all = open();
    attach(all, "one", "10.1.0.10");
    struct stat status {};
    ASSERT_EQ(::stat((directory + "/state/endpoints/one.yaml").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat((directory + "/state/endpoints").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(runtime_endpoints_test, nothing_is_attached_if_it_cannot_be_kept) {
    runtime_endpoints all = open();
    auto checked = all.check(container_json("one", "10.1.0.10"));
    ASSERT_TRUE(checked);
    std::filesystem::remove_all(directory + "/state");
    EXPECT_FALSE(all.keep(*checked));
    EXPECT_EQ(all.merged().endpoints.size(), 1U);
    EXPECT_FALSE(all.contains("one"));
}

}  // namespace
}  // namespace waggle::control
