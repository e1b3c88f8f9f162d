#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>

#include "common/result.hh"
#include "control/swarm/core/effects.hh"
#include "control/swarm/identity/trust_path.hh"

namespace waggle::control::swarm {

/// What a manager has to prove: a certificate that the roots stand for, with this name. Managers' addresses
/// are not in their certificates.
struct tls_demands {
    std::vector<certificate_handle> roots;
    const char* name = nullptr;
};

/// A TLS connection to one manager, TLS 1.2 at least, whose clear side is a socket for gRPC. Not gRPC's own
/// TLS: that insists on an answer to ALPN, which a stock manager no longer gives once its certificate was
/// renewed or its root rotated (swarmkit's new TLS configuration has no protocols). What gRPC writes leaves
/// this process only after the handshake, in which the manager has proved what the link's `checks` demand.
class tls_tunnel : public std::enable_shared_from_this<tls_tunnel> {
public:
    /// Begins to connect, on the thread of `context`. The socket is the caller's.
    struct opened {
        std::shared_ptr<tls_tunnel> tunnel;
        int socket = -1;
    };
    static result<opened> open(boost::asio::io_context& context, const open_link& link);

    /// From any thread; the socket's other end is closed as well.
    void close();
    /// Why it broke, from any thread; empty if the manager just closed it, or it holds.
    std::string failure() const;

private:
    using tcp = boost::asio::ip::tcp;
    using error_code = boost::system::error_code;
    using half_buffer = std::array<char, 16384>;

    tls_tunnel(boost::asio::io_context& context, trust checks);
    result<void> set_up(const open_link& link, int socket);
    void connect(const std::string& host, const std::string& port);
    void shake_hands();
    void read_clear();
    void read_sealed();
    void fail(const std::string& what, const error_code& why);
    void end();

    trust _checks;
    tls_demands _demands;
    boost::asio::ssl::context _settings;
    tcp::resolver _resolver;
    std::unique_ptr<boost::asio::ssl::stream<tcp::socket>> _sealed;
    boost::asio::local::stream_protocol::socket _clear;
    half_buffer _from_clear;
    half_buffer _from_sealed;
    bool _ended = false;
    mutable std::mutex _mutex;
    std::string _failure;
};

/// The thread that runs tunnels.
class tunnel_thread {
public:
    tunnel_thread();
    /// All tunnels have to be closed.
    ~tunnel_thread();
    tunnel_thread(const tunnel_thread&) = delete;
    tunnel_thread& operator=(const tunnel_thread&) = delete;
    boost::asio::io_context& context() { return _context; }

private:
    boost::asio::io_context _context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> _work;
    std::thread _thread;
};

}  // namespace waggle::control::swarm
