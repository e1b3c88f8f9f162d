#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "common/result.hh"

namespace waggle::control {

struct http_request {
    /// "GET", "POST", ...
    std::string method;
    /// Without the query.
    std::string path;
    std::string body;
};

struct http_reply {
    unsigned status = 200;
    /// JSON.
    std::string body;
};

struct http_limits {
    std::size_t connections = 64;
    std::size_t header_bytes = std::size_t{16} * 1024;
    std::size_t body_bytes = std::size_t{1024} * 1024;
    /// For sending a whole request, for taking a whole reply, and between requests.
    std::chrono::milliseconds patience = std::chrono::seconds(10);
};

/// HTTP/1.1 on a unix socket of mode 0600. Everything runs on the io_context's thread; a client can cost at
/// most the limits.
class http_server {
public:
    using handler = std::function<http_reply(const http_request&)>;

    /// Serves at once. A socket that a dead process left at `path` is replaced; the caller makes sure that no
    /// other process serves there.
    static result<std::unique_ptr<http_server>> listen(boost::asio::io_context& context,
                                                       const std::string& path, handler answer,
                                                       http_limits limits = {});
    /// Ends all connections and removes the socket.
    ~http_server();
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;

private:
    class listener;
    explicit http_server(std::shared_ptr<listener> started);
    std::shared_ptr<listener> _listener;
};

}  // namespace waggle::control
