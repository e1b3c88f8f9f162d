#include <utility>

#include "control/gossip/transport/streams.hh"

namespace waggle::gossip {

namespace asio = boost::asio;

outbound_stream::outbound_stream(transport::worker& owner, const stream_to_open& wanted, bytes frame)
    : _owner(owner),
      _id(wanted.id),
      _to(wanted.to),
      _wants_answer(wanted.wants_answer),
      _socket(owner._io),
      _deadline(owner._io),
      _timeout(wanted.timeout),
      _out(std::move(frame)),
      _buffered(_out.size()) {
}

void outbound_stream::start() {
    _deadline.expires_after(_timeout);
    _deadline.async_wait([self = shared_from_this()](const boost::system::error_code& aborted) {
        if (!aborted) self->fail("it took too long");
    });
    const asio::ip::tcp::endpoint to(to_asio(_to.ip), _to.port);
    boost::system::error_code failed;
    _socket.open(to.protocol(), failed);
    // The peer knows this host by the address that it advertises.
    if (!failed) _socket.bind({to_asio(_owner._settings.listen.ip), 0}, failed);
    if (failed) {
        // Not from within the core's own event.
        asio::post(_owner._io, [self = shared_from_this(), why = failed.message()] { self->fail(why); });
        return;
    }
    _socket.async_connect(to, [self = shared_from_this()](const boost::system::error_code& refused) {
        if (self->_closed) return;
        if (refused) return self->fail(refused.message());
        self->write();
    });
}

void outbound_stream::write() {
    _socket.async_write_some(
        asio::buffer(_out.data() + _written, _out.size() - _written),
        [self = shared_from_this()](const boost::system::error_code& broken, std::size_t count) {
            if (self->_closed) return;
            if (broken) return self->fail(broken.message());
            self->_owner._counters.stream_bytes_sent += count;
            self->_written += count;
            if (self->_written < self->_out.size()) return self->write();
            if (self->_wants_answer) return self->read();
            self->close();
            self->_owner.outbound_sent(self->_id);
        });
}

void outbound_stream::read() {
    const asio::mutable_buffer room = _reader.room();
    if (!_owner.reserve(room.size())) return fail("streams hold more memory than they may");
    _buffered += room.size();
    _socket.async_read_some(room, [self = shared_from_this(), size = room.size()](
                                      const boost::system::error_code& broken, std::size_t count) {
        if (self->_closed) return;
        if (broken == asio::error::eof)
            return self->fail("it closed the stream without an answer; are the gossip keys the same?");
        if (broken) return self->fail(broken.message());
        self->_buffered -= size - count;
        self->_owner.reserve(0 - (size - count));
        self->_owner._counters.stream_bytes_received += count;
        const result<void> fits = self->_reader.advance(count);
        if (!fits) return self->fail(fits.failure().message);
        if (!self->_reader.complete()) return self->read();
        self->close();
        self->_owner.outbound_answer(self->_id, self->_to, self->_reader.frame());
    });
}

void outbound_stream::fail(const std::string& why) {
    if (_closed) return;
    close();
    _owner.outbound_failed(_id, why);
}

void outbound_stream::abandon() {
    if (!_closed) close();
}

void outbound_stream::close() {
    _closed = true;
    boost::system::error_code ignored;
    _socket.close(ignored);
    _deadline.cancel();
    _owner.outbound_ended(_id, _buffered);
}

}  // namespace waggle::gossip
