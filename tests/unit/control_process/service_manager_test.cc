#include "control/process/service_manager.hh"

#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace waggle::control {
namespace {

/// The socket that systemd would listen on.
class service_manager_test : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/waggle-notify-XXXXXX";
        _directory = ::mkdtemp(name);
        std::string path = _directory + "/notify";
        _socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        ASSERT_EQ(::bind(_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    void TearDown() override {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
        ::close(_socket);
        std::filesystem::remove_all(_directory);
    }
    std::string hear() {
        char text[256];
        ssize_t length = ::recv(_socket, text, sizeof text, 0);
        return length < 0 ? "" : std::string(text, static_cast<std::size_t>(length));
    }
    boost::asio::io_context context;

private:
    std::string _directory;
    int _socket = -1;
};

TEST_F(service_manager_test, tells_how_the_process_fares) {
    service_manager manager(context);
    manager.ready();
    EXPECT_EQ(hear(), "READY=1");
    manager.reloading();
    EXPECT_EQ(hear(), "RELOADING=1");
    manager.stopping();
    EXPECT_EQ(hear(), "STOPPING=1");
}

TEST_F(service_manager_test, feeds_the_watchdog_while_the_loop_runs) {
    ::setenv("WATCHDOG_USEC", "90000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    service_manager manager(context);
    EXPECT_EQ(hear(), "WATCHDOG=1");
    for (int i = 0; i < 3; ++i) {
        context.run_one();
        EXPECT_EQ(hear(), "WATCHDOG=1");
    }
}

TEST_F(service_manager_test, without_a_watchdog_the_loop_has_nothing_to_do) {
    service_manager manager(context);
    EXPECT_EQ(context.run(), 0U);
}

}  // namespace
}  // namespace waggle::control
