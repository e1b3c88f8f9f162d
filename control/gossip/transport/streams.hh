#pragma once

#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/gossip/transport/frame_reader.hh"
#include "control/gossip/transport/worker.hh"

namespace waggle::gossip {

/// A connection that a peer made: one message in, perhaps one out.
class inbound_stream : public std::enable_shared_from_this<inbound_stream> {
public:
    inbound_stream(transport::worker& owner, stream_id id, boost::asio::ip::tcp::socket socket,
                   const ip_endpoint& from);
    void start();
    /// Sends a frame and closes.
    void answer(bytes frame);
    /// Without an answer.
    void close();

    stream_id id() const { return _id; }
    const ip_endpoint& from() const { return _from; }
    bool answered() const { return _answered; }

private:
    void read();
    void write();
    void watch();

    transport::worker& _owner;
    stream_id _id;
    boost::asio::ip::tcp::socket _socket;
    ip_endpoint _from;
    boost::asio::steady_timer _watch;
    time_point _end;
    frame_reader _reader;
    bytes _out;
    std::size_t _written = 0;
    std::size_t _buffered = 0;
    bool _answered = false;
    bool _closed = false;
};

/// A connection that the core wanted.
class outbound_stream : public std::enable_shared_from_this<outbound_stream> {
public:
    outbound_stream(transport::worker& owner, const stream_to_open& wanted, bytes frame);
    void start();
    /// Tells the owner nothing more.
    void abandon();

private:
    void write();
    void read();
    void fail(const std::string& why);
    void close();

    transport::worker& _owner;
    stream_id _id;
    ip_endpoint _to;
    bool _wants_answer;
    boost::asio::ip::tcp::socket _socket;
    boost::asio::steady_timer _deadline;
    duration _timeout;
    bytes _out;
    std::size_t _written = 0;
    frame_reader _reader;
    std::size_t _buffered = 0;
    bool _closed = false;
};

}  // namespace waggle::gossip
