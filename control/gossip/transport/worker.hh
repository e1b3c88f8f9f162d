#pragma once

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/gossip/transport/transport.hh"

namespace waggle::gossip {

class inbound_stream;
class outbound_stream;

ip_address from_asio(const boost::asio::ip::address& address);
boost::asio::ip::address to_asio(const ip_address& ip);

/// The thread behind a transport. Everything but the constructor, post() and stop() runs on it.
class transport::worker {
public:
    worker(transport_settings settings, keyring keys, gossip_core& core,
           std::function<void(const notice&)> log);
    ~worker();

    result<void> bind();
    void start(std::function<void(time_point)> first);
    void post(std::function<void()> work);
    void stop();

    /// Carries out what the core wants and sets the timer anew.
    void flush();

    /// The peer's whole message; the stream ends without an answer unless the core gave one.
    void inbound_message(const std::shared_ptr<inbound_stream>& stream, byte_view frame);
    void inbound_ended(stream_id id, std::size_t buffered, const ip_address& from);
    void outbound_ended(stream_id id, std::size_t buffered);
    void outbound_answer(stream_id id, const ip_endpoint& to, byte_view frame);
    void outbound_sent(stream_id id);
    void outbound_failed(stream_id id, const std::string& why);

    /// Counts bytes against the limit of all streams; false if they do not fit.
    bool reserve(std::size_t more);

    /// A line now and then, however often it happens.
    enum class trouble : std::uint8_t { wrong_key, not_sealed, malformed, refused, unsent };
    void complain(trouble what, const ip_endpoint& about, const std::string& why);

    boost::asio::io_context _io{1};
    transport_settings _settings;
    keyring _keys;
    transport_counters _counters;
    ip_endpoint _listening;

private:
    void receive_packets();
    void receive_packet(const ip_endpoint& from, byte_view sealed);
    void accept();
    void accepted(boost::asio::ip::tcp::socket socket);
    void send(const packet_to_send& packet);
    void open_stream(stream_to_open wanted);
    void set_timer();
    /// Opens and unpacks; reports what is wrong and gives nothing then.
    bool unwrap(keyring::verdict verdict, const bytes& opened, std::size_t limit, const ip_endpoint& from,
                bytes& message);

    gossip_core& _core;
    std::function<void(const notice&)> _log;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> _guard;
    boost::asio::ip::udp::socket _datagrams;
    boost::asio::ip::tcp::acceptor _acceptor;
    boost::asio::steady_timer _timer;
    boost::asio::steady_timer _accept_again;
    time_point _timer_set = never;
    std::array<std::uint8_t, 65'536> _packet{};
    bytes _opened;

    stream_id _next_inbound = 1;
    std::unordered_map<stream_id, std::shared_ptr<inbound_stream>> _inbound;
    std::unordered_map<ip_address, std::size_t> _inbound_of;
    std::unordered_map<stream_id, std::shared_ptr<outbound_stream>> _outbound;
    std::size_t _buffered = 0;
    struct complaint {
        time_point next{};
        std::uint64_t since = 0;
    };
    std::array<complaint, 5> _complaints{};
    std::thread _thread;
};

}  // namespace waggle::gossip
