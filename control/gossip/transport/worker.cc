#include "control/gossip/transport/worker.hh"

#include <utility>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "control/gossip/memberlist/wire/packing.hh"
#include "control/gossip/transport/streams.hh"

namespace waggle::gossip {

namespace asio = boost::asio;

ip_address from_asio(const asio::ip::address& address) {
    if (address.is_v4()) return ip_address::from_v4(address.to_v4().to_uint());
    const auto raw = address.to_v6().to_bytes();
    return ip_address::load_v6(raw.data());
}

asio::ip::address to_asio(const ip_address& ip) {
    if (ip.is_v4()) return asio::ip::address_v4(ip.v4());
    return asio::ip::address_v6(ip.bytes());
}

transport::worker::worker(transport_settings settings, keyring keys, gossip_core& core,
                          std::function<void(const notice&)> log)
    : _settings(settings),
      _keys(std::move(keys)),
      _core(core),
      _log(std::move(log)),
      _guard(_io.get_executor()),
      _datagrams(_io),
      _acceptor(_io),
      _timer(_io),
      _accept_again(_io) {
}

transport::worker::~worker() {
    stop();
    for (const auto& [id, stream] : std::exchange(_inbound, {})) stream->close();
    for (const auto& [id, stream] : std::exchange(_outbound, {})) stream->abandon();
}

result<void> transport::worker::bind() {
    const asio::ip::address ip = to_asio(_settings.listen.ip);
    boost::system::error_code failed;
    const auto refused = [&](const char* protocol) {
        return error{"gossip cannot listen on " + _settings.listen.to_string() + "/" + protocol + ": " +
                     failed.message() + "; is the address this host's, and the port free?"};
    };
    const asio::ip::tcp::endpoint tcp(ip, _settings.listen.port);
    _acceptor.open(tcp.protocol(), failed);
    if (!failed) _acceptor.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed && ip.is_v6()) _acceptor.set_option(asio::ip::v6_only(true), failed);
    if (!failed) _acceptor.bind(tcp, failed);
    if (!failed) _acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return refused("tcp");
    _listening = {_settings.listen.ip, _acceptor.local_endpoint().port()};
    // One number for both, also where the kernel chose it.
    const asio::ip::udp::endpoint udp(ip, _listening.port);
    _datagrams.open(udp.protocol(), failed);
    if (!failed && ip.is_v6()) _datagrams.set_option(asio::ip::v6_only(true), failed);
    if (!failed) _datagrams.bind(udp, failed);
    if (!failed) _datagrams.non_blocking(true, failed);
    if (failed) return refused("udp");
    boost::system::error_code as_it_is;
    _datagrams.set_option(asio::socket_base::receive_buffer_size(4 << 20), as_it_is);
    _datagrams.set_option(asio::socket_base::send_buffer_size(1 << 20), as_it_is);
    return {};
}

void transport::worker::start(std::function<void(time_point)> first) {
    asio::post(_io, [this, first = std::move(first)] {
        first(monotonic_now());
        flush();
        receive_packets();
        accept();
    });
    _thread = std::thread([this] { _io.run(); });
}

void transport::worker::post(std::function<void()> work) {
    asio::post(_io, std::move(work));
}

void transport::worker::stop() {
    _io.stop();
    if (_thread.joinable()) _thread.join();
}

void transport::worker::set_timer() {
    const time_point wake = _core.next_wake();
    if (wake == _timer_set) return;
    _timer_set = wake;
    if (wake == never) {
        _timer.cancel();
        return;
    }
    _timer.expires_at(std::chrono::steady_clock::time_point(wake.time_since_epoch()));
    _timer.async_wait([this](const boost::system::error_code& aborted) {
        if (aborted) return;
        _timer_set = never;
        _core.advance(monotonic_now());
        flush();
    });
}

void transport::worker::flush() {
    effects wanted = _core.take_effects();
    for (const notice& line : wanted.notices) _log(line);
    for (const packet_to_send& packet : wanted.packets) send(packet);
    for (stream_to_open& stream : wanted.streams) open_stream(std::move(stream));
    for (stream_answer& answer : wanted.answers) {
        const auto found = _inbound.find(answer.id);
        if (found == _inbound.end()) continue;
        bytes frame = _keys.seal_stream(wire::pack(std::move(answer.message)));
        if (frame.size() - frame_header_size > frame_limit) continue;
        found->second->answer(std::move(frame));
    }
    set_timer();
}

void transport::worker::send(const packet_to_send& packet) {
    const bytes sealed = _keys.seal_packet(packet.message);
    boost::system::error_code failed;
    _datagrams.send_to(asio::buffer(sealed), {to_asio(packet.to.ip), packet.to.port}, 0, failed);
    if (failed) {
        ++_counters.packets_unsent;
        return complain(trouble::unsent, packet.to, failed.message());
    }
    ++_counters.packets_sent;
    _counters.packet_bytes_sent += sealed.size();
}

bool transport::worker::unwrap(keyring::verdict verdict, const bytes& opened, std::size_t limit,
                               const ip_endpoint& from, bytes& message) {
    if (verdict == keyring::verdict::wrong_key) {
        ++_counters.wrong_key;
        complain(trouble::wrong_key, from,
                 "its gossip key is not among ours; compare the keys of both hosts");
        return false;
    }
    if (verdict == keyring::verdict::not_sealed) {
        ++_counters.not_sealed;
        complain(trouble::not_sealed, from, "its gossip is not encrypted; give it the gossip keys");
        return false;
    }
    result<bytes> unpacked = wire::unpack(opened, limit);
    if (!unpacked) {
        ++_counters.malformed;
        complain(trouble::malformed, from, unpacked.failure().message);
        return false;
    }
    message = std::move(*unpacked);
    return true;
}

void transport::worker::receive_packets() {
    _datagrams.async_wait(asio::socket_base::wait_read, [this](const boost::system::error_code& aborted) {
        if (aborted) return;
        // A few at a time, so that timers and streams keep their turn under a flood.
        for (int i = 0; i < 64; ++i) {
            asio::ip::udp::endpoint from;
            boost::system::error_code none;
            const std::size_t size = _datagrams.receive_from(asio::buffer(_packet), from, 0, none);
            if (none == asio::error::would_block || none == asio::error::try_again) break;
            // An ICMP error of an earlier packet: the next receive may have a packet.
            if (none) continue;
            receive_packet({from_asio(from.address()), from.port()}, byte_view(_packet).first(size));
        }
        receive_packets();
    });
}

void transport::worker::receive_packet(const ip_endpoint& from, byte_view sealed) {
    ++_counters.packets_received;
    _counters.packet_bytes_received += sealed.size();
    _opened.clear();
    const keyring::verdict verdict = _keys.open_packet(sealed, _opened);
    bytes message;
    if (!unwrap(verdict, _opened, wire::packet_unpacked_limit, from, message)) return;
    _core.receive_packet(from, message, monotonic_now());
    flush();
}

void transport::worker::complain(trouble what, const ip_endpoint& about, const std::string& why) {
    complaint& one = _complaints[static_cast<std::size_t>(what)];
    ++one.since;
    const time_point now = monotonic_now();
    if (now < one.next) return;
    one.next = now + _settings.complaint_interval;
    const std::string more =
        one.since > 1 ? " (" + std::to_string(one.since) + " times since this was last told)" : std::string();
    one.since = 0;
    _log({notice::importance::warning, "gossip: " + about.to_string() + ": " + why + more});
}

}  // namespace waggle::gossip
