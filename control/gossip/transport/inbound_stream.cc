#include <utility>

#include "control/gossip/transport/streams.hh"

namespace waggle::gossip {

namespace asio = boost::asio;

inbound_stream::inbound_stream(transport::worker& owner, stream_id id, asio::ip::tcp::socket socket,
                               const ip_endpoint& from)
    : _owner(owner),
      _id(id),
      _socket(std::move(socket)),
      _from(from),
      _watch(owner._io),
      _end(monotonic_now() + owner._settings.stream_total) {
}

void inbound_stream::start() {
    read();
}

void inbound_stream::watch() {
    const time_point idle = monotonic_now() + _owner._settings.stream_idle;
    _watch.expires_at(std::chrono::steady_clock::time_point(std::min(idle, _end).time_since_epoch()));
    _watch.async_wait([self = shared_from_this()](const boost::system::error_code& aborted) {
        if (aborted || self->_closed) return;
        ++self->_owner._counters.streams_refused;
        self->close();
    });
}

void inbound_stream::read() {
    watch();
    const asio::mutable_buffer room = _reader.room();
    if (!_owner.reserve(room.size())) {
        ++_owner._counters.streams_refused;
        _owner.complain(transport::worker::trouble::refused, _from,
                        "streams hold more memory than they may; the last one was closed");
        return close();
    }
    _buffered += room.size();
    _socket.async_read_some(room, [self = shared_from_this(), size = room.size()](
                                      const boost::system::error_code& broken, std::size_t count) {
        if (self->_closed) return;
        if (broken) return self->close();
        // Room that was not filled is reserved again with the next read.
        self->_buffered -= size - count;
        self->_owner.reserve(0 - (size - count));
        self->_owner._counters.stream_bytes_received += count;
        const result<void> fits = self->_reader.advance(count);
        if (!fits) {
            ++self->_owner._counters.not_sealed;
            self->_owner.complain(transport::worker::trouble::not_sealed, self->_from,
                                  fits.failure().message);
            return self->close();
        }
        if (!self->_reader.complete()) return self->read();
        self->_owner.inbound_message(self, self->_reader.frame());
        if (!self->_answered) self->close();
    });
}

void inbound_stream::answer(bytes frame) {
    if (_closed || _answered) return;
    _answered = true;
    _out = std::move(frame);
    _owner.reserve(_out.size());
    _buffered += _out.size();
    write();
}

void inbound_stream::write() {
    watch();
    _socket.async_write_some(
        asio::buffer(_out.data() + _written, _out.size() - _written),
        [self = shared_from_this()](const boost::system::error_code& broken, std::size_t count) {
            if (self->_closed) return;
            if (broken) return self->close();
            self->_owner._counters.stream_bytes_sent += count;
            self->_written += count;
            if (self->_written < self->_out.size()) return self->write();
            self->close();
        });
}

void inbound_stream::close() {
    if (std::exchange(_closed, true)) return;
    boost::system::error_code ignored;
    _socket.close(ignored);
    _watch.cancel();
    _owner.inbound_ended(_id, _buffered, _from.ip);
}

}  // namespace waggle::gossip
