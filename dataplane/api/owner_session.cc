#include "dataplane/api/owner_session.hh"

#include <algorithm>
#include <deque>
#include <span>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "common/secret.hh"
#include "dataplane/api/change_encoder.hh"
#include "dataplane/api/framing.hh"
#include "dataplane/api/report_codec.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

namespace {

using boost::asio::local::stream_protocol;
using boost::system::error_code;

constexpr auto shortest_pause = std::chrono::milliseconds(100);
constexpr auto longest_pause = std::chrono::milliseconds(2000);

}  // namespace

/// Lives as long as one of its operations is under way; after stop() it only winds down.
class owner_session::connection : public std::enable_shared_from_this<connection> {
public:
    connection(boost::asio::io_context& context, std::string path, handlers callbacks)
        : _socket(context), _timer(context), _path(std::move(path)), _handlers(std::move(callbacks)) {}

    void start() {
        boost::asio::post(_socket.get_executor(), [self = shared_from_this()] { self->connect(); });
    }

    void stop() {
        _stopped = true;
        error_code ignored;
        _socket.close(ignored);
        _timer.cancel();
    }

    bool is_connected() const { return _welcomed; }
    std::size_t outstanding() const { return _outstanding; }

    std::optional<std::uint64_t> send_snapshot(std::shared_ptr<const state> whole) {
        if (!_welcomed) return std::nullopt;
        return enqueue(encode_snapshot(std::move(whole), _last_sent + 1));
    }

    std::optional<std::uint64_t> send_delta(delta change) {
        if (!_welcomed) return std::nullopt;
        return enqueue(encode_delta(std::move(change), _last_sent + 1, _last_sent));
    }

private:
    void connect() {
        if (_stopped) return;
        // A path that is too long for the kernel throws.
        try {
            _socket.async_connect(stream_protocol::endpoint(_path),
                                  [self = shared_from_this()](const error_code& failure) {
                                      if (self->_stopped) return;
                                      if (failure) return self->lose(self->explain(failure));
                                      self->greet();
                                  });
        } catch (const boost::system::system_error& failure) {
            lose(explain(failure.code()));
        }
    }

    std::string explain(const error_code& failure) const {
        if (failure == boost::asio::error::connection_refused ||
            failure == boost::system::errc::no_such_file_or_directory)
            return "waggle-dataplane is not running (no socket at " + _path + ")";
        if (failure == boost::asio::error::eof || failure == boost::asio::error::connection_reset ||
            failure == boost::asio::error::broken_pipe)
            return "waggle-dataplane closed the connection";
        return "connection to waggle-dataplane at " + _path + ": " + failure.message();
    }

    void greet() {
        wire::ToDataplane hello;
        hello.mutable_hello()->set_version(protocol_version);
        hello.mutable_hello()->set_role(wire::OWNER);
        _sending.clear();
        append_frame(_sending, hello);
        write();
        read();
    }

    void read() {
        const auto space = _input.space(64 << 10);
        _socket.async_read_some(boost::asio::buffer(space.data(), space.size()),
                                [self = shared_from_this()](const error_code& failure, std::size_t count) {
                                    if (self->_stopped) return;
                                    if (failure) return self->lose(self->explain(failure));
                                    self->_input.received(count);
                                    if (self->take_all()) self->read();
                                });
    }

    /// False if the connection is lost or the session was stopped by a handler.
    bool take_all() {
        for (;;) {
            const auto frame = _input.next();
            if (!frame) {
                lose("waggle-dataplane sends " + frame.failure().message);
                return false;
            }
            if (!*frame) return true;
            wire::FromDataplane message;
            if (!message.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size()))) {
                lose("waggle-dataplane sends something that is not of this protocol");
                return false;
            }
            const std::uint64_t connection_before = _connections;
            take(message);
            if (_stopped || connection_before != _connections) return false;
        }
    }

    void take(const wire::FromDataplane& message) {
        if (message.has_welcome()) {
            _welcomed = true;
            _failed_before = false;
            _pause = shortest_pause;
            _last_sent = message.welcome().applied_generation();
            if (_handlers.connected)
                _handlers.connected(message.welcome().instance(), message.welcome().applied_generation());
        } else if (message.has_acknowledged()) {
            if (_outstanding != 0) --_outstanding;
            if (_handlers.acknowledged) _handlers.acknowledged(message.acknowledged().generation());
        } else if (message.has_refused()) {
            if (_outstanding != 0) --_outstanding;
            if (_handlers.refused)
                _handlers.refused(message.refused().generation(), message.refused().reason());
        } else if (message.has_event()) {
            if (const auto happened = decode(message.event()); happened && _handlers.event)
                _handlers.event(*happened);
        } else if (message.has_closing()) {
            lose("waggle-dataplane: " + message.closing().reason());
        }
    }

    std::uint64_t enqueue(std::unique_ptr<change_encoder> change) {
        _changes.push_back(std::move(change));
        ++_outstanding;
        ++_last_sent;
        if (!_writing) write_next();
        return _last_sent;
    }

    /// Encodes one message and sends it: the loop is never held for more than that.
    void write_next() {
        _sending.clear();
        while (!_changes.empty() && !_changes.front()->next(_sending)) _changes.pop_front();
        if (!_sending.empty()) write();
    }

    void write() {
        _writing = true;
        boost::asio::async_write(
            _socket, boost::asio::buffer(_sending),
            [self = shared_from_this(), of = _connections](const error_code& failure, std::size_t) {
                if (self->_stopped || of != self->_connections) return;
                self->_writing = false;
                self->forget_sent();
                // What the dataplane said before it closed comes out of the reading side.
                if (!failure) self->write_next();
            });
    }

    /// Keys were in it.
    void forget_sent() {
        wipe(std::span(reinterpret_cast<std::uint8_t*>(_sending.data()), _sending.size()));
        _sending.clear();
    }

    void lose(const std::string& reason) {
        const bool report = _welcomed || !_failed_before;
        ++_connections;
        _failed_before = true;
        _welcomed = false;
        _writing = false;
        _changes.clear();
        _outstanding = 0;
        _input = frame_reader(longest_answer);
        error_code ignored;
        _socket.close(ignored);
        _timer.expires_after(_pause);
        _pause = std::min(_pause * 2, longest_pause);
        _timer.async_wait([self = shared_from_this()](const error_code& failure) {
            if (!failure) self->connect();
        });
        if (report && _handlers.disconnected) _handlers.disconnected(reason);
    }

    stream_protocol::socket _socket;
    boost::asio::steady_timer _timer;
    std::string _path;
    handlers _handlers;
    bool _stopped = false;
    bool _welcomed = false;
    /// The failure of this and the following attempts was reported.
    bool _failed_before = false;
    bool _writing = false;
    /// Connections lost so far: tells operations of an earlier one.
    std::uint64_t _connections = 0;
    std::chrono::milliseconds _pause = shortest_pause;
    frame_reader _input{longest_answer};
    std::string _sending;
    std::deque<std::unique_ptr<change_encoder>> _changes;
    std::size_t _outstanding = 0;
    std::uint64_t _last_sent = 0;
};

owner_session::owner_session(boost::asio::io_context& context, std::string path, handlers callbacks)
    : _connection(std::make_shared<connection>(context, std::move(path), std::move(callbacks))) {
    _connection->start();
}

owner_session::~owner_session() {
    _connection->stop();
}

bool owner_session::is_connected() const {
    return _connection->is_connected();
}

std::size_t owner_session::outstanding() const {
    return _connection->outstanding();
}

std::optional<std::uint64_t> owner_session::send_snapshot(std::shared_ptr<const state> whole) {
    return _connection->send_snapshot(std::move(whole));
}

std::optional<std::uint64_t> owner_session::send_delta(delta change) {
    return _connection->send_delta(std::move(change));
}

}  // namespace waggle::api
