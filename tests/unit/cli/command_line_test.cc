#include "control/cli/command_line.hh"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control/cli/command.hh"

namespace waggle::cli {
namespace {

struct outcome {
    int status;
    std::string out;
    std::string err;
};

outcome run(const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = run_command_line(words, 100, out, err);
    return {status, out.str(), err.str()};
}

/// A folder of its own that goes with the test.
class command_line : public testing::Test {
protected:
    command_line() {
        std::string pattern = testing::TempDir() + "waggle-cli-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
        folder = pattern;
    }
    ~command_line() override { std::filesystem::remove_all(folder); }

    std::string file(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
        return folder / name;
    }
    std::string good_file(const std::string& name = "good.yaml", const std::string& more = "") const {
        return file(name,
                    "node:\n  name: alpha\n  vtep: {ipv4: 192.0.2.1}\n"
                    "  underlay: [{name: wan, kind: packet, interface: eth0}]\n"
                    "  runtime_directory: " +
                        folder.string() + "/run\n" + more);
    }
    std::filesystem::path folder;
};

TEST_F(command_line, help_names_every_command_and_fits) {
    const outcome done = run({"--help"});
    EXPECT_EQ(done.status, succeeded);
    for (const command& each : commands())
        EXPECT_NE(done.out.find(each.name), std::string::npos) << each.name;
    std::istringstream lines(done.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
    EXPECT_EQ(run({"-h"}).out, done.out);
}

TEST_F(command_line, every_command_has_help) {
    for (const command& each : commands()) {
        std::vector<std::string> words;
        std::istringstream name{std::string(each.name)};
        for (std::string word; name >> word;) words.push_back(word);
        words.emplace_back("--help");
        const outcome done = run(words);
        EXPECT_EQ(done.status, succeeded) << each.name << done.err;
        EXPECT_TRUE(done.out.starts_with("waggle " + std::string(each.name) + ": ")) << done.out;
        EXPECT_NE(done.out.find("Usage: waggle " + std::string(each.name)), std::string::npos);
        EXPECT_EQ(done.err, "");
    }
}

TEST_F(command_line, version) {
    EXPECT_EQ(run({"--version"}).out, "waggle " WAGGLE_VERSION "\n");
}

TEST_F(command_line, wrong_usage) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{}, "waggle: a command is missing; see waggle --help\n"},
        {{"--json"}, "waggle: a command is missing; see waggle --help\n"},
        {{"statsu"}, "waggle: there is no command 'statsu', did you mean 'status'?; see waggle --help\n"},
        {{"frobnicate"}, "waggle: there is no command 'frobnicate'; see waggle --help\n"},
        {{"config"}, "waggle: 'config' needs 'check FILE' or 'difference OLD NEW'; see waggle --help\n"},
        {{"config", "check"}, "waggle config check: FILE is missing; see waggle config check --help\n"},
        {{"config", "difference", "a"},
         "waggle config difference: NEW is missing; see waggle config difference --help\n"},
        {{"detach"}, "waggle detach: NAME is missing; see waggle detach --help\n"},
        {{"detach", "a", "b"},
         "waggle detach: too many positional options have been specified on the command line; see waggle "
         "detach "
         "--help\n"},
        {{"status", "--wide"}, "waggle status: unrecognised option '--wide'; see waggle status --help\n"},
        {{"counters", "--watc"},
         "waggle counters: unrecognised option '--watc'; see waggle counters --help\n"},
        {{"counters", "--interval", "0"}, "waggle counters: --interval takes 0.1 to 86400 seconds\n"},
        {{"counters", "--interval", "nan"}, "waggle counters: --interval takes 0.1 to 86400 seconds\n"},
        {{"attach", "--overlay", "blue"},
         "waggle attach: the option '--name' is required but missing; see waggle attach --help\n"},
        {{"attach", "--overlay", "blue", "--name", "x", "--address", "10.1.0.2"},
         "waggle attach: one of --netns, --vhost-user, --memif and --device is needed; see waggle attach "
         "--help\n"},
    };
    for (const auto& [words, expected] : cases) {
        const outcome done = run(words);
        EXPECT_EQ(done.status, wrong_usage) << expected;
        EXPECT_EQ(done.err, expected);
        EXPECT_EQ(done.out, "");
    }
}

TEST_F(command_line, processes_that_are_not_running) {
    const std::string directory = folder / "run";
    const std::string control =
        "waggle: waggle-control is not running (nobody serves " + directory + "/control.sock)\n";
    for (const char* name : {"overlays", "endpoints", "peers", "diff"}) {
        const outcome done = run({"--runtime-directory", directory, name});
        EXPECT_EQ(done.status, unavailable) << name;
        EXPECT_EQ(done.err, control);
        EXPECT_EQ(done.out, "");
    }
    for (const char* name : {"fdb", "neighbours", "ports", "counters"}) {
        const outcome done = run({name, "--runtime-directory", directory, "--json"});
        EXPECT_EQ(done.status, unavailable) << name;
        EXPECT_TRUE(done.err.starts_with("waggle: waggle-dataplane is not running (")) << done.err;
        EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1);
        EXPECT_EQ(done.out, "");
    }
    const outcome status = run({"status", "--config", good_file()});
    EXPECT_EQ(status.status, unavailable);
    EXPECT_TRUE(status.err.starts_with(control + "waggle: waggle-dataplane is not running (")) << status.err;
    EXPECT_EQ(status.out, "");
    EXPECT_EQ(run({"detach", "x", "-c", good_file()}).err, control);
    EXPECT_EQ(run({"attach", "--overlay", "blue", "--name", "x", "--address", "10.1.0.2", "--netns", "x",
                   "-c", good_file()})
                  .err,
              control);
}

TEST_F(command_line, sockets_are_found_by_a_file_that_is_wrong_elsewhere) {
    const outcome done = run({"-c", good_file("odd.yaml", "  colour: green\n"), "diff"});
    EXPECT_EQ(done.status, unavailable);
    EXPECT_NE(done.err.find((folder / "run/control.sock").string()), std::string::npos) << done.err;
}

TEST_F(command_line, configuration_file_that_cannot_be_read) {
    const outcome done = run({"--config", folder / "none.yaml", "diff"});
    EXPECT_EQ(done.status, negative);
    EXPECT_EQ(done.err,
              "waggle: " + (folder / "none.yaml").string() + ": cannot be read: No such file or directory\n");
}

TEST_F(command_line, config_check) {
    const std::string good = good_file();
    outcome done = run({"config", "check", good});
    EXPECT_EQ(done.status, succeeded);
    EXPECT_EQ(done.out, good + ": good: node 'alpha', 0 overlays, 0 peers, 0 endpoints\n");
    EXPECT_EQ(run({"config", "check", "--json", good}).out, "{\"items\":[]}\n");

    const std::string bad = good_file("bad.yaml", "  workers: 0\n  memory: 1\n");
    done = run({"config", "check", bad});
    EXPECT_EQ(done.status, negative);
    EXPECT_EQ(done.out,
              bad + ":6:12: node.workers: is '0'; allowed: a decimal number from 1 to 64\n" + bad +
                  ":7:11: node.memory: is '1'; allowed: a decimal number from 64 to 1048576 megabytes\n");
    const auto items = nlohmann::json::parse(run({"--json", "config", "check", bad}).out).at("items");
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0]["line"], 6);
    EXPECT_EQ(items[0]["path"], "node.workers");
}

TEST_F(command_line, config_difference) {
    const std::string first = good_file("first.yaml");
    const std::string second =
        good_file("second.yaml", "  workers: 2\noverlays: [{name: blue, vni: 1, subnets: [10.1.0.0/24]}]\n");
    outcome done = run({"config", "difference", first, first});
    EXPECT_EQ(done.status, succeeded);
    EXPECT_EQ(done.out, "");
    done = run({"config", "difference", first, second});
    EXPECT_EQ(done.status, negative);
    EXPECT_EQ(done.out,
              "~ node: workers 1 -> 2 (takes a restart)\n"
              "+ overlay 'blue': vni 1; subnets 10.1.0.0/24; flood false\n");
    EXPECT_EQ(nlohmann::json::parse(run({"config", "difference", first, second, "-j"}).out),
              nlohmann::json::parse(R"({"node": [{"key": "workers", "from": "1", "to": "2"}],
                  "gossip": [],
                  "overlays": {"added": ["blue"], "removed": [], "changed": []},
                  "peers": {"added": [], "removed": [], "changed": []},
                  "endpoints": {"added": [], "removed": [], "changed": []}, "needs_restart": true})"));
    done = run({"config", "difference", first, file("bad.yaml", "node: 1")});
    EXPECT_EQ(done.status, negative);
    EXPECT_NE(done.err.find("bad.yaml:1:7: node: is '1'; allowed: a map"), std::string::npos) << done.err;
}

}  // namespace
}  // namespace waggle::cli
