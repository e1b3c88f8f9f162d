#include "control/process/options.hh"

#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

struct outcome {
    std::optional<options> chosen;
    std::string out;
    std::string err;
    int status = -1;
};

outcome parse(std::vector<const char*> words) {
    words.insert(words.begin(), "waggle-control");
    std::ostringstream out;
    std::ostringstream err;
    outcome result;
    result.chosen = parse_options(static_cast<int>(words.size()), words.data(), out, err, result.status);
    result.out = out.str();
    result.err = err.str();
    return result;
}

TEST(options, defaults) {
    auto [chosen, out, err, status] = parse({});
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->config_path, "/etc/waggle/waggle.yaml");
    EXPECT_EQ(chosen->log_level, "info");
    EXPECT_FALSE(chosen->check);
    EXPECT_EQ(out + err, "");
}

TEST(options, all_of_them) {
    auto chosen = parse({"--config", "a.yaml", "--log-level", "debug", "--check"}).chosen;
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->config_path, "a.yaml");
    EXPECT_EQ(chosen->log_level, "debug");
    EXPECT_TRUE(chosen->check);
    EXPECT_EQ(parse({"-c", "b.yaml"}).chosen->config_path, "b.yaml");
}

TEST(options, help_names_options_and_signals_and_fits_a_terminal) {
    for (const char* word : {"--help", "-h"}) {
        outcome asked = parse({word});
        EXPECT_FALSE(asked.chosen);
        EXPECT_EQ(asked.status, 0);
        for (const char* named :
             {"--config", "--check", "--log-level", "--version", "SIGHUP", "SIGTERM", "SIGQUIT"})
            EXPECT_NE(asked.out.find(named), std::string::npos) << named;
        std::istringstream lines(asked.out);
        for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
    }
}

TEST(options, version) {
    outcome asked = parse({"--version"});
    EXPECT_FALSE(asked.chosen);
    EXPECT_EQ(asked.status, 0);
    EXPECT_EQ(asked.out, std::string("waggle-control ") + WAGGLE_VERSION + "\n");
}

TEST(options, mistakes_are_told_in_one_sentence) {
    for (std::vector<const char*> words : {std::vector<const char*>{"--frobnicate"},
                                           {"--config"},
                                           {"stray"},
                                           {"--log-level", "loud"},
                                           {"--check=maybe"}}) {
        outcome wrong = parse(words);
        EXPECT_FALSE(wrong.chosen) << words[0];
        EXPECT_EQ(wrong.status, 2) << words[0];
        EXPECT_EQ(wrong.out, "") << words[0];
        EXPECT_TRUE(wrong.err.starts_with("waggle-control: ")) << wrong.err;
        EXPECT_EQ(std::count(wrong.err.begin(), wrong.err.end(), '\n'), 1) << wrong.err;
    }
}

}  // namespace
}  // namespace waggle::control
