#include "config/private_file.hh"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace waggle::config {
namespace {

class private_file : public testing::Test {
protected:
    private_file() {
        std::string pattern = testing::TempDir() + "waggle-private-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        path = directory + "/secret";
    }
    ~private_file() override { std::filesystem::remove_all(directory); }

    void write(const std::string& content, mode_t mode) const {
        std::ofstream(path) << content;
        ::chmod(path.c_str(), mode);
    }
    std::string refusal() const {
        const auto read = read_private_file(path);
        return read.ok() ? "" : read.failure().message;
    }

    std::string directory;
    std::string path;
};

TEST_F(private_file, is_read_as_it_is) {
    write("secret\n", 0600);
    const auto read = read_private_file(path);
    ASSERT_TRUE(read.ok()) << read.failure().message;
    EXPECT_EQ(read->view(), "secret\n");
    ::chmod(path.c_str(), 0400);
    EXPECT_EQ(refusal(), "");
}

TEST_F(private_file, is_refused_if_others_may_use_it) {
    for (const auto& [mode, shown] : std::vector<std::pair<mode_t, std::string>>{
             {0640, "0640"}, {0604, "0604"}, {0620, "0620"}, {0601, "0601"}, {0644, "0644"}}) {
        write("secret", mode);
        EXPECT_EQ(refusal(),
                  path + " may be used by others (mode " + shown + "); run 'chmod 600 " + path + "'");
    }
}

TEST_F(private_file, is_refused_if_another_owns_it) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    write("secret", 0600);
    ASSERT_EQ(::chown(path.c_str(), 12345, 0), 0);
    EXPECT_EQ(refusal(), path + " belongs to user 12345; run 'chown root " + path + "'");
}

TEST_F(private_file, has_an_end) {
    write(std::string(8192, 'x'), 0600);
    EXPECT_EQ(refusal(), "");
    write(std::string(8193, 'x'), 0600);
    EXPECT_EQ(refusal(), path + " is longer than 8192 bytes");
}

TEST_F(private_file, that_is_none) {
    EXPECT_EQ(refusal(), path + " can't be read: No such file or directory");
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_EQ(refusal(), path + " is no regular file");
}

}  // namespace
}  // namespace waggle::config
