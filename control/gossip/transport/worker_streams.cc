#include <utility>

#include "control/gossip/memberlist/wire/packing.hh"
#include "control/gossip/transport/streams.hh"

namespace waggle::gossip {

namespace asio = boost::asio;

bool transport::worker::reserve(std::size_t more) {
    // Giving back is a negative number in modular arithmetic.
    _buffered += more;
    if (static_cast<std::ptrdiff_t>(more) <= 0 || _buffered <= _settings.buffered_bytes) return true;
    _buffered -= more;
    return false;
}

void transport::worker::accept() {
    _acceptor.async_accept([this](const boost::system::error_code& failed, asio::ip::tcp::socket socket) {
        if (failed == asio::error::operation_aborted) return;
        if (!failed) {
            accepted(std::move(socket));
            return accept();
        }
        // Out of descriptors, most likely: not again at once.
        _accept_again.expires_after(std::chrono::milliseconds(100));
        _accept_again.async_wait([this](const boost::system::error_code& aborted) {
            if (!aborted) accept();
        });
    });
}

void transport::worker::accepted(asio::ip::tcp::socket socket) {
    boost::system::error_code gone;
    const asio::ip::tcp::endpoint peer = socket.remote_endpoint(gone);
    if (gone) return;
    const ip_endpoint from{from_asio(peer.address()), peer.port()};
    const auto [count, first] = _inbound_of.try_emplace(from.ip, 0);
    if (_inbound.size() >= _settings.inbound_streams ||
        count->second >= _settings.inbound_streams_of_one_address) {
        if (count->second == 0) _inbound_of.erase(count);
        ++_counters.streams_refused;
        return complain(trouble::refused, from, "more streams than this host takes at a time");
    }
    ++count->second;
    ++_counters.streams_accepted;
    const stream_id id = _next_inbound++;
    const auto stream = std::make_shared<inbound_stream>(*this, id, std::move(socket), from);
    _inbound.emplace(id, stream);
    stream->start();
}

void transport::worker::inbound_message(const std::shared_ptr<inbound_stream>& stream, byte_view frame) {
    bytes opened;
    const keyring::verdict verdict = _keys.open_stream(frame, opened);
    bytes message;
    if (!unwrap(verdict, opened, wire::stream_unpacked_limit, stream->from(), message)) return;
    opened = {};
    _core.receive_stream(stream->id(), stream->from(), message, monotonic_now());
    flush();
}

void transport::worker::inbound_ended(stream_id id, std::size_t buffered, const ip_address& from) {
    _buffered -= buffered;
    _inbound.erase(id);
    const auto count = _inbound_of.find(from);
    if (count != _inbound_of.end() && --count->second == 0) _inbound_of.erase(count);
}

void transport::worker::open_stream(stream_to_open wanted) {
    const stream_id id = wanted.id;
    const auto refuse = [&](std::string why) {
        // Not from within the core's own event.
        asio::post(_io, [this, id, why = std::move(why)] { outbound_failed(id, why); });
    };
    if (_outbound.size() >= _settings.outbound_streams)
        return refuse("more streams are open than this host makes at a time");
    bytes frame = _keys.seal_stream(wire::pack(std::move(wanted.message)));
    if (frame.size() - frame_header_size > frame_limit)
        return refuse("the message of " + std::to_string(frame.size()) +
                      " bytes is longer than a stream may carry");
    if (!reserve(frame.size())) return refuse("streams hold more memory than they may");
    ++_counters.streams_opened;
    const auto stream = std::make_shared<outbound_stream>(*this, wanted, std::move(frame));
    _outbound.emplace(id, stream);
    stream->start();
}

void transport::worker::outbound_ended(stream_id id, std::size_t buffered) {
    _buffered -= buffered;
    _outbound.erase(id);
}

void transport::worker::outbound_answer(stream_id id, const ip_endpoint& to, byte_view frame) {
    bytes opened;
    const keyring::verdict verdict = _keys.open_stream(frame, opened);
    bytes message;
    if (unwrap(verdict, opened, wire::stream_unpacked_limit, to, message)) {
        opened = {};
        _core.stream_answered(id, message, monotonic_now());
    } else {
        _core.stream_failed(id, "its answer cannot be read", monotonic_now());
    }
    flush();
}

void transport::worker::outbound_sent(stream_id id) {
    _core.stream_sent(id, monotonic_now());
    flush();
}

void transport::worker::outbound_failed(stream_id id, const std::string& why) {
    _core.stream_failed(id, why, monotonic_now());
    flush();
}

}  // namespace waggle::gossip
