#include "control/cli/control_client.hh"

#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <sys/un.h>

namespace waggle::cli {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using nlohmann::json;
using unix_socket = asio::local::stream_protocol;
using boost::system::error_code;

/// One request and its reply, each step started by the one before.
class http_exchange {
public:
    http_exchange(asio::io_context& context, std::chrono::milliseconds timeout)
        : _stream(context), _timeout(timeout) {
        // A host's whole list of endpoints is one reply.
        _parser.body_limit(std::uint64_t{1} << 30U);
    }

    void start(const std::string& socket, http::request<http::string_body> request) {
        _request = std::move(request);
        _stream.expires_after(_timeout);
        _stream.async_connect(unix_socket::endpoint(socket), [this](error_code failed) {
            if (failed) return finish(failed);
            _connected = true;
            http::async_write(_stream, _request, [this](error_code write_failed, std::size_t) {
                if (write_failed) return finish(write_failed);
                http::async_read(_stream, _buffer, _parser,
                                 [this](error_code read_failed, std::size_t) { finish(read_failed); });
            });
        });
    }
    bool connected() const { return _connected; }
    error_code failure() const { return _failure; }
    unsigned status() const { return _parser.get().result_int(); }
    const std::string& body() const { return _parser.get().body(); }

private:
    void finish(error_code failed) {
        _failure = failed;
        _stream.close();
    }

    beast::basic_stream<unix_socket> _stream;
    std::chrono::milliseconds _timeout;
    http::request<http::string_body> _request;
    beast::flat_buffer _buffer;
    http::response_parser<http::string_body> _parser;
    bool _connected = false;
    error_code _failure;
};

error not_reached(error_code failed, const std::string& socket) {
    if (failed == boost::system::errc::no_such_file_or_directory ||
        failed == boost::system::errc::connection_refused)
        return {"waggle-control is not running (nobody serves " + socket + ")"};
    if (failed == boost::system::errc::permission_denied)
        return {"waggle-control's socket " + socket + " may not be opened by this user; try again as root"};
    return {"waggle-control cannot be reached at " + socket + ": " + failed.message()};
}

/// The sentence, and each further problem on a line of its own.
error refused(const json& document) {
    const auto sentence = document.at("error").get<std::string>();
    std::string text = sentence;
    for (const json& each : document.value("problems", json::array()))
        if (each.is_string() && each != sentence) text += "\n  " + each.get<std::string>();
    return {text};
}

}  // namespace

result<json> control_client::exchange(const std::string& method, const std::string& path,
                                      const std::string& body) const {
    if (_socket.size() >= sizeof(sockaddr_un{}.sun_path))
        return error{"the path of waggle-control's socket is too long: " + _socket};
    http::request<http::string_body> request;
    request.version(11);
    request.method_string(method);
    request.target(path);
    request.set(http::field::host, "waggle-control");
    request.set(http::field::content_type, "application/json");
    request.keep_alive(false);
    request.body() = body;
    request.prepare_payload();

    asio::io_context context;
    http_exchange running(context, _timeout);
    running.start(_socket, std::move(request));
    context.run();

    if (!running.connected()) return not_reached(running.failure(), _socket);
    if (running.failure() == beast::error::timeout)
        return error{"waggle-control does not answer within " +
                     std::to_string(std::chrono::duration_cast<std::chrono::seconds>(_timeout).count()) +
                     " s; see its log"};
    if (running.failure())
        return error{"waggle-control ended the connection: " + running.failure().message()};
    json document = json::parse(running.body(), nullptr, false);
    if (running.status() / 100 != 2) {
        if (document.is_object() && document.contains("error") && document["error"].is_string())
            return refused(document);
        return error{"waggle-control refused with HTTP status " + std::to_string(running.status())};
    }
    if (document.is_discarded())
        return error{"waggle-control answered " + path + " with something that is not JSON"};
    return document;
}

result<json> control_client::get(const std::string& path) const {
    return exchange("GET", path, "");
}

result<json> control_client::post(const std::string& path, const json& body) const {
    return exchange("POST", path, body.dump(-1, ' ', false, json::error_handler_t::replace));
}

result<json> control_client::items(const std::string& path) const {
    result<json> document = get(path);
    if (!document) return document;
    if (!document->is_object() || !document->contains("items") || !(*document)["items"].is_array())
        return error{"waggle-control answered " + path + " with something that is not a list"};
    return std::move((*document)["items"]);
}

}  // namespace waggle::cli
