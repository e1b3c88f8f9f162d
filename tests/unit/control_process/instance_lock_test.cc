#include "control/process/instance_lock.hh"

#include <filesystem>
#include <optional>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/wait.h>

namespace waggle::control {
namespace {

class instance_lock_test : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/waggle-lock-XXXXXX";
        directory = ::mkdtemp(name);
        path = directory + "/control.lock";
    }
    void TearDown() override { std::filesystem::remove_all(directory); }
    std::string directory;
    std::string path;
};

TEST_F(instance_lock_test, a_second_holder_is_refused_and_told_who_is_first) {
    auto first = instance_lock::take(path);
    ASSERT_TRUE(first) << first.failure().message;
    auto second = instance_lock::take(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.failure().message, "another waggle-control (process " + std::to_string(::getpid()) +
                                            ") is running with this runtime directory: it holds " + path);
}

TEST_F(instance_lock_test, is_free_again_after_its_holder) {
    {
        auto first = instance_lock::take(path);
        ASSERT_TRUE(first);
        instance_lock moved = std::move(*first);
    }
    EXPECT_TRUE(instance_lock::take(path));
}

TEST_F(instance_lock_test, goes_with_a_process_that_is_killed) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    pid_t child = ::fork();
    if (child == 0) {
        auto held = instance_lock::take(path);
        char done = held ? 'y' : 'n';
        if (::write(ready[1], &done, 1) != 1) ::_exit(1);
        ::pause();
    }
    char done = 0;
    ASSERT_EQ(::read(ready[0], &done, 1), 1);
    EXPECT_EQ(done, 'y');
    EXPECT_FALSE(instance_lock::take(path));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(instance_lock::take(path));
}

TEST_F(instance_lock_test, a_folder_that_is_not_there_is_an_error) {
    auto taken = instance_lock::take(directory + "/nowhere/control.lock");
    ASSERT_FALSE(taken);
    EXPECT_NE(taken.failure().message.find("No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace waggle::control
