#include "control/api/http_server.hh"

#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace waggle::control {
namespace {

/// A client's raw socket: what it sends need not be HTTP.
class client {
public:
    explicit client(const std::string& path) : _fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        connected = ::connect(_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~client() { ::close(_fd); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void send(const std::string& text) {
        for (std::size_t at = 0; at < text.size();) {
            ssize_t sent = ::send(_fd, text.data() + at, text.size() - at, MSG_NOSIGNAL);
            if (sent < 0) return;
            at += static_cast<std::size_t>(sent);
        }
    }
    /// Everything until the server closes.
    std::string read_all() {
        std::string text;
        char piece[4096];
        for (ssize_t got; (got = ::recv(_fd, piece, sizeof piece, 0)) > 0;)
            text.append(piece, static_cast<std::size_t>(got));
        return text;
    }
    /// Until `end` was read or the server closes.
    std::string read_until(const std::string& end) {
        std::string text;
        char byte;
        while (!text.ends_with(end) && ::recv(_fd, &byte, 1, 0) == 1) text += byte;
        return text;
    }

    bool connected = false;

private:
    int _fd;
};

class http_server_test : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/waggle-http-XXXXXX";
        _directory = ::mkdtemp(name);
        path = _directory + "/control.sock";
    }
    void TearDown() override {
        stop();
        std::filesystem::remove_all(_directory);
    }
    void serve(http_limits limits = {}) {
        auto listening = http_server::listen(
            _context, path,
            [](const http_request& request) {
                return http_reply{200, request.method + " " + request.path + " " + request.body};
            },
            limits);
        ASSERT_TRUE(listening) << listening.failure().message;
        _server = std::move(*listening);
        _thread = std::thread([this] { _context.run(); });
    }
    void stop() {
        if (!_thread.joinable()) return;
        _guard.reset();
        boost::asio::post(_context, [this] { _server.reset(); });
        _thread.join();
    }
    std::string exchange(const std::string& request) {
        client one(path);
        one.send(request);
        return one.read_all();
    }
    bool still_serves() {
        return exchange("GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").find("GET /ok ") !=
               std::string::npos;
    }

    std::string path;

private:
    std::string _directory;
    boost::asio::io_context _context;
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> _guard{
        boost::asio::make_work_guard(_context)};
    std::unique_ptr<http_server> _server;
    std::thread _thread;
};

TEST_F(http_server_test, answers_and_keeps_the_connection) {
    serve();
    client one(path);
    for (int i = 0; i < 3; ++i) {
        one.send("POST /v1/x?query HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
        std::string reply = one.read_until("POST /v1/x body");
        EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
        EXPECT_NE(reply.find("Content-Type: application/json\r\n"), std::string::npos);
    }
}

TEST_F(http_server_test, socket_is_the_owners_alone_and_goes_with_the_server) {
    serve();
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    stop();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(http_server_test, replaces_the_socket_of_a_dead_process) {
    int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
    serve();
    EXPECT_TRUE(still_serves());
}

TEST_F(http_server_test, a_path_that_does_not_fit_is_an_error_with_the_remedy) {
    boost::asio::io_context context;
    auto listening = http_server::listen(context, "/tmp/" + std::string(200, 'x'), {});
    ASSERT_FALSE(listening);
    EXPECT_NE(listening.failure().message.find("choose a shorter node.runtime_directory"), std::string::npos);
}

TEST_F(http_server_test, garbage_and_half_requests_are_harmless) {
    serve({.patience = std::chrono::milliseconds(300)});
    EXPECT_NE(exchange("\x16\x03\x01 this is TLS\r\n\r\n").find(" 400 "), std::string::npos);
    EXPECT_NE(exchange(std::string(100, '\0') + "\r\n\r\n").find(" 400 "), std::string::npos);
    EXPECT_EQ(exchange("GET /half HTTP/1.1\r\nHost:"), "") << "closed after its patience";
    EXPECT_EQ(exchange("POST /x HTTP/1.1\r\nContent-Length: 100\r\n\r\nfew"), "");
    EXPECT_EQ(exchange(""), "");
    EXPECT_TRUE(still_serves());
}

TEST_F(http_server_test, long_headers_and_bodies_are_refused) {
    serve({.header_bytes = 1024, .body_bytes = 2048, .patience = std::chrono::seconds(5)});
    EXPECT_NE(exchange("GET / HTTP/1.1\r\nX: " + std::string(4000, 'x') + "\r\n\r\n").find(" 431 "),
              std::string::npos);
    EXPECT_NE(exchange("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n").find(" 413 "),
              std::string::npos);
    EXPECT_NE(exchange("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" +
                       std::string(0x1000, 'x') + "\r\n0\r\n\r\n")
                  .find(" 413 "),
              std::string::npos);
    EXPECT_TRUE(still_serves());
}

TEST_F(http_server_test, connections_beyond_the_limit_are_closed_and_room_is_made_by_patience) {
    serve({.connections = 3, .patience = std::chrono::milliseconds(500)});
    std::vector<std::unique_ptr<client>> idle;
    for (int i = 0; i < 3; ++i) {
        idle.push_back(std::make_unique<client>(path));
        idle.back()->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_NE(idle.back()->read_until("GET / "), "");
    }
    EXPECT_EQ(exchange("GET / HTTP/1.1\r\n\r\n"), "");
    for (auto& each : idle) EXPECT_EQ(each->read_all(), "") << "idle too long";
    EXPECT_TRUE(still_serves());
}

}  // namespace
}  // namespace waggle::control
