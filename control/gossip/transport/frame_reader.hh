#pragma once

#include <algorithm>
#include <functional>

#include <boost/asio/ip/tcp.hpp>

#include "control/gossip/core/bytes.hh"
#include "control/gossip/keyring/sealing.hh"

namespace waggle::gossip {

/// Reads one frame from a connection. Its memory grows with what has come, not with what was promised.
class frame_reader {
public:
    /// The room for the next read; never empty before complete().
    boost::asio::mutable_buffer room() {
        constexpr std::size_t step = std::size_t{256} << 10;
        const std::size_t wanted = _total == 0 ? frame_header_size : _total;
        _frame.resize(std::min(wanted, _filled + step));
        return {_frame.data() + _filled, _frame.size() - _filled};
    }
    /// After `count` more bytes; fails if the header is none.
    result<void> advance(std::size_t count) {
        _filled += count;
        if (_total != 0 || _filled < frame_header_size) return {};
        const result<std::size_t> length = frame_length(_frame);
        if (!length) return length.failure();
        _total = frame_header_size + *length;
        return {};
    }
    bool complete() const { return _total != 0 && _filled == _total; }
    byte_view frame() const { return byte_view(_frame).first(_filled); }

private:
    bytes _frame;
    std::size_t _filled = 0;
    std::size_t _total = 0;
};

}  // namespace waggle::gossip
