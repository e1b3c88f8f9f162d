#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "dataplane/api/reader_client.hh"
#include "tests/unit/api/dataplane_fixture.hh"

namespace waggle::api {
namespace {

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
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    {
        const file_descriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
        ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    const auto client = reader_client::connect(path);
    ASSERT_FALSE(client.ok());
    EXPECT_EQ(client.failure().message,
              "waggle-dataplane is not running (nobody serves the socket at " + path + ")");
    dataplane.start(false);
    EXPECT_TRUE(reader_client::connect(path).ok());
}

TEST(listening, impossible_paths) {
    behind_socket behind;
    const auto failure = [&](const std::string& path) {
        const auto made = server::listen({.path = path, .node = "n"}, behind.applied);
        return made.ok() ? std::string() : made.failure().message;
    };
    EXPECT_EQ(failure(std::string(200, 'x')),
              "socket path \"" + std::string(200, 'x') + "\" must have 1 to 107 bytes");
    EXPECT_EQ(failure("/nonexistent/s"), "socket /nonexistent/s: cannot be bound: No such file or directory");
    const std::string file = (std::filesystem::temp_directory_path() / "waggle-api-file").string();
    std::ofstream(file) << "x";
    EXPECT_EQ(failure(file), file + " exists and is not a socket; remove it");
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace waggle::api
