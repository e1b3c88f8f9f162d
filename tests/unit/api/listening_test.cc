#include <algorithm>
#include <barrier>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "dataplane/api/directory_lock.hh"
#include "dataplane/api/listener.hh"
#include "dataplane/api/reader_client.hh"
#include "tests/unit/api/dataplane_fixture.hh"

namespace waggle::api {
namespace {

/// Leaves a socket at `path` that nobody serves, as a killed process does.
void leave_dead_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const file_descriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

bool is_reached(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const file_descriptor client(::socket(AF_UNIX, SOCK_STREAM, 0));
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

TEST(listening, socket_is_private_and_goes_with_the_server) {
    served_dataplane dataplane;
    struct stat there {};
    ASSERT_EQ(::lstat(dataplane.path().c_str(), &there), 0);
    EXPECT_TRUE(S_ISSOCK(there.st_mode));
    EXPECT_EQ(there.st_mode & 0777, 0600U);
    dataplane.stop();
    EXPECT_NE(::lstat(dataplane.path().c_str(), &there), 0);
}

TEST(listening, a_served_socket_is_left_alone_and_a_dead_one_replaced) {
    served_dataplane dataplane;
    behind_socket other;
    const auto second = server::listen({.path = dataplane.path(), .node = "other"}, other.applied);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.failure().message,
              "another waggle-dataplane serves " + dataplane.path() + " already; stop it first");
    dataplane.stop();

    const std::string path = dataplane.path();
    leave_dead_socket(path);
    const auto client = reader_client::connect(path);
    ASSERT_FALSE(client.ok());
    EXPECT_EQ(client.failure().message,
              "waggle-dataplane is not running (nobody serves the socket at " + path + ")");
    dataplane.start(false);
    EXPECT_TRUE(reader_client::connect(path).ok());
}

// A start over a dead socket that another start overtakes once left a process that nobody could reach.
TEST(listening, of_several_that_start_at_once_one_serves_and_is_reached) {
    const served_dataplane own_directory;
    const std::string path = own_directory.path() + ".raced";
    for (int round = 0; round < 3000; ++round) {
        leave_dead_socket(path);
        std::vector<std::optional<listener>> opened(4);
        std::barrier together(static_cast<std::ptrdiff_t>(opened.size()));
        {
            std::vector<std::jthread> starts;
            for (std::optional<listener>& mine : opened)
                starts.emplace_back([&] {
                    together.arrive_and_wait();
                    if (result<listener> done = listener::open(path); done.ok())
                        mine.emplace(*std::move(done));
                });
        }
        ASSERT_EQ(std::ranges::count_if(opened, [](const auto& one) { return one.has_value(); }), 1);
        ASSERT_TRUE(is_reached(path)) << "round " << round;
        // One that ends while another starts takes nothing of the other's away.
        std::optional<result<listener>> next;
        {
            const std::jthread ending([&] {
                for (std::optional<listener>& one : opened) one.reset();
            });
            const std::jthread starting([&] { next.emplace(listener::open(path)); });
        }
        if (next->ok()) {
            ASSERT_TRUE(is_reached(path)) << "round " << round;
        }
    }
}

TEST(listening, a_directory_that_others_never_let_go_of_does_not_hang_the_start) {
    const served_dataplane own_directory;
    const std::string directory = std::filesystem::path(own_directory.path()).parent_path();
    std::optional<directory_lock> held = directory_lock::take(directory, std::chrono::seconds(10));
    ASSERT_TRUE(held.has_value());
    EXPECT_FALSE(directory_lock::take(directory, std::chrono::milliseconds(20)).has_value());
    EXPECT_EQ(errno, EBUSY);
    held.reset();
    EXPECT_TRUE(directory_lock::take(directory, std::chrono::seconds(10)).has_value());
    EXPECT_FALSE(directory_lock::take(directory + "/none", std::chrono::milliseconds(20)).has_value());
    EXPECT_EQ(errno, ENOENT);
}

TEST(listening, impossible_paths) {
    behind_socket behind;
    const auto failure = [&](const std::string& path) {
        const auto made = server::listen({.path = path, .node = "n"}, behind.applied);
        return made.ok() ? std::string() : made.failure().message;
    };
    EXPECT_EQ(failure(std::string(200, 'x')),
              "socket path \"" + std::string(200, 'x') + "\" must have 1 to 107 bytes");
    EXPECT_EQ(failure("/nonexistent/s"),
              "socket /nonexistent/s: its directory cannot be locked: No such file or directory");
    const std::string file = (std::filesystem::temp_directory_path() / "waggle-api-file").string();
    std::ofstream(file) << "x";
    EXPECT_EQ(failure(file), file + " exists and is not a socket; remove it");
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace waggle::api
