#include "control/api/http_server.hh"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <sys/stat.h>
#include <sys/un.h>

namespace waggle::control {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using unix_stream = asio::local::stream_protocol;
using boost::system::error_code;

/// What a connection needs of the server; outlives the server while a connection is being closed.
struct shared_settings {
    http_server::handler answer;
    http_limits limits;
    std::size_t connections = 0;
};

std::string text(boost::string_view view) {
    return {view.data(), view.size()};
}

class connection : public std::enable_shared_from_this<connection> {
public:
    connection(unix_stream::socket socket, std::shared_ptr<shared_settings> settings)
        : _stream(std::move(socket)), _settings(std::move(settings)) {
        ++_settings->connections;
    }
    ~connection() { --_settings->connections; }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void read() {
        _parser.emplace();
        _parser->header_limit(static_cast<std::uint32_t>(_settings->limits.header_bytes));
        _parser->body_limit(_settings->limits.body_bytes);
        _stream.expires_after(_settings->limits.patience);
        http::async_read(
            _stream, _buffer, *_parser,
            [self = shared_from_this()](error_code failed, std::size_t) { self->on_request(failed); });
    }
    void close() { _stream.close(); }

private:
    void on_request(error_code failed) {
        if (failed == http::error::body_limit)
            return reply({413, R"({"error":"the request is too long"})"}, false);
        if (failed == http::error::header_limit)
            return reply({431, R"({"error":"the request's header is too long"})"}, false);
        if (failed && failed.category() == http::make_error_code(http::error::bad_method).category() &&
            failed != http::error::end_of_stream && failed != http::error::partial_message)
            return reply({400, R"({"error":"this is not HTTP"})"}, false);
        if (failed) return close();
        http::request<http::string_body> request = _parser->release();
        std::string path = text(request.target());
        path.resize(std::min(path.find('?'), path.size()));
        http_reply answer =
            _settings->answer({text(request.method_string()), std::move(path), std::move(request.body())});
        reply(answer, request.keep_alive());
    }

    void reply(const http_reply& answer, bool keep_alive) {
        _response = {};
        _response.version(11);
        _response.result(answer.status);
        _response.set(http::field::content_type, "application/json");
        _response.set(http::field::server, "waggle-control");
        _response.keep_alive(keep_alive);
        _response.body() = answer.body;
        _response.prepare_payload();
        _stream.expires_after(_settings->limits.patience);
        http::async_write(_stream, _response,
                          [self = shared_from_this(), keep_alive](error_code failed, std::size_t) {
                              if (failed || !keep_alive) return self->close();
                              self->read();
                          });
    }

    beast::basic_stream<unix_stream> _stream;
    std::shared_ptr<shared_settings> _settings;
    beast::flat_buffer _buffer;
    std::optional<http::request_parser<http::string_body>> _parser;
    http::response<http::string_body> _response;
};

}  // namespace

class http_server::listener : public std::enable_shared_from_this<listener> {
public:
    listener(asio::io_context& context, std::string path, std::shared_ptr<shared_settings> settings)
        : _acceptor(context), _pause(context), _path(std::move(path)), _settings(std::move(settings)) {}

    result<void> open() {
        // Bound under another name first: at its own name the socket never has another mode than 0600.
        std::string temporary = _path + ".new";
        if (temporary.size() >= sizeof(sockaddr_un::sun_path))
            return error{"socket path " + _path + " is too long; choose a shorter node.runtime_directory"};
        ::unlink(temporary.c_str());
        error_code failed;
        _acceptor.open(unix_stream(), failed);
        if (!failed) _acceptor.bind(unix_stream::endpoint(temporary), failed);
        if (!failed && ::chmod(temporary.c_str(), 0600) != 0)
            failed.assign(errno, boost::system::system_category());
        if (!failed) _acceptor.listen(asio::socket_base::max_listen_connections, failed);
        if (!failed && ::rename(temporary.c_str(), _path.c_str()) != 0)
            failed.assign(errno, boost::system::system_category());
        if (failed) {
            ::unlink(temporary.c_str());
            return error{"can't serve at " + _path + ": " + failed.message()};
        }
        return {};
    }

    void accept() {
        _acceptor.async_accept([self = shared_from_this()](error_code failed, unix_stream::socket socket) {
            if (self->_closed) return;
            if (failed) return self->accept_later();
            // Beyond the limit the connection is closed at once: the client sees it and can come again.
            if (self->_settings->connections < self->_settings->limits.connections) {
                auto started = std::make_shared<connection>(std::move(socket), self->_settings);
                std::erase_if(self->_connections, [](const auto& each) { return each.expired(); });
                self->_connections.push_back(started);
                started->read();
            }
            self->accept();
        });
    }

    void close() {
        _closed = true;
        error_code ignored;
        _acceptor.close(ignored);
        _pause.cancel(ignored);
        ::unlink(_path.c_str());
        for (const std::weak_ptr<connection>& each : _connections)
            if (auto open = each.lock()) open->close();
    }

private:
    /// Out of descriptors, most likely; trying on at once would spin.
    void accept_later() {
        _pause.expires_after(std::chrono::milliseconds(200));
        _pause.async_wait([self = shared_from_this()](error_code) {
            if (!self->_closed) self->accept();
        });
    }

    unix_stream::acceptor _acceptor;
    asio::steady_timer _pause;
    std::string _path;
    std::shared_ptr<shared_settings> _settings;
    std::vector<std::weak_ptr<connection>> _connections;
    bool _closed = false;
};

result<std::unique_ptr<http_server>> http_server::listen(asio::io_context& context, const std::string& path,
                                                         handler answer, http_limits limits) {
    auto settings = std::make_shared<shared_settings>();
    settings->answer = std::move(answer);
    settings->limits = limits;
    auto started = std::make_shared<listener>(context, path, std::move(settings));
    if (result<void> opened = started->open(); !opened) return opened.failure();
    started->accept();
    return std::unique_ptr<http_server>(new http_server(std::move(started)));
}

http_server::http_server(std::shared_ptr<listener> started) : _listener(std::move(started)) {
}

http_server::~http_server() {
    _listener->close();
}

}  // namespace waggle::control
