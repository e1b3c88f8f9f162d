#include "control/swarm/transport/tls_tunnel.hh"

#include <algorithm>
#include <openssl/ssl.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

namespace waggle::control::swarm {
namespace {

namespace asio = boost::asio;

constexpr std::array<unsigned char, 3> http2 = {2, 'h', '2'};

/// In place of OpenSSL's search for a path to a root. `of`: the tunnel's demands.
int verify_manager(X509_STORE_CTX* check, void* of) {
    const auto& demanded = *static_cast<const tls_demands*>(of);
    X509* leaf = X509_STORE_CTX_get0_cert(check);
    std::vector<X509*> presented;
    const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(check);
    constexpr int most_presented = 16;
    for (int i = 0; i < std::min(sk_X509_num(sent), most_presented); ++i)
        if (sk_X509_value(sent, i) != leaf) presented.push_back(sk_X509_value(sent, i));
    const int reason = check_leaf(leaf, find_issuers(leaf, presented, demanded.roots, true), demanded.name);
    X509_STORE_CTX_set_error(check, reason);
    return reason == X509_V_OK ? 1 : 0;
}

/// "host:port" or "[host]:port", which the core has checked.
std::pair<std::string, std::string> split(const std::string& address) {
    const auto colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    return {host, colon == std::string::npos ? std::string() : address.substr(colon + 1)};
}

}  // namespace

tls_tunnel::tls_tunnel(asio::io_context& context, trust checks)
    : _checks(checks),
      _demands{{}, checks == trust::member ? "swarm-manager" : "swarm-ca"},
      _settings(asio::ssl::context::tls_client),
      _resolver(context),
      _clear(context) {
}

result<void> tls_tunnel::set_up(const open_link& link, int socket) {
    SSL_CTX* settings = _settings.native_handle();
    boost::system::error_code failed;
    _clear.assign(asio::local::stream_protocol(), socket, failed);
    if (failed) return error{"can't use a local socket: " + failed.message()};
    SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION);
    SSL_CTX_set_alpn_protos(settings, http2.data(), http2.size());
    if (_checks == trust::none) {
        _settings.set_verify_mode(asio::ssl::verify_none);
    } else {
        _settings.set_verify_mode(asio::ssl::verify_peer);
        _demands.roots = read_certificates(link.root);
        if (_demands.roots.empty()) return error{"the swarm's root is no certificate"};
        SSL_CTX_set_cert_verify_callback(settings, verify_manager, &_demands);
    }
    if (_checks == trust::member) {
        _settings.use_certificate_chain(asio::buffer(link.certificate), failed);
        if (!failed)
            _settings.use_private_key(asio::buffer(link.key.reveal()), asio::ssl::context::pem, failed);
        if (failed) return error{"this node's certificate can't be used: " + failed.message()};
    }
    _sealed = std::make_unique<asio::ssl::stream<tcp::socket>>(_clear.get_executor(), _settings);
    SSL_set_tlsext_host_name(_sealed->native_handle(), _demands.name);
    return {};
}

result<tls_tunnel::opened> tls_tunnel::open(asio::io_context& context, const open_link& link) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return error{"no socket is left for a connection to a manager"};
    const std::shared_ptr<tls_tunnel> made(new tls_tunnel(context, link.checks));
    if (auto ready = made->set_up(link, ends[0]); !ready) {
        if (!made->_clear.is_open()) ::close(ends[0]);
        ::close(ends[1]);
        return ready.failure();
    }
    auto [host, port] = split(link.address);
    asio::post(context,
               [made, host = std::move(host), port = std::move(port)] { made->connect(host, port); });
    return opened{made, ends[1]};
}

void tls_tunnel::connect(const std::string& host, const std::string& port) {
    if (_ended) return;
    _resolver.async_resolve(
        host, port, [self = shared_from_this()](error_code failed, const tcp::resolver::results_type& found) {
            if (self->_ended) return;
            if (failed) return self->fail("its name is not known", failed);
            asio::async_connect(self->_sealed->lowest_layer(), found,
                                [self](error_code refused, const tcp::endpoint&) {
                                    if (self->_ended) return;
                                    if (refused) return self->fail("connect", refused);
                                    error_code ignored;
                                    self->_sealed->lowest_layer().set_option(tcp::no_delay(true), ignored);
                                    self->shake_hands();
                                });
        });
}

void tls_tunnel::shake_hands() {
    _sealed->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](error_code failed) {
        if (self->_ended) return;
        if (failed) {
            const long verified = SSL_get_verify_result(self->_sealed->native_handle());
            return self->fail(self->_checks != trust::none && verified != X509_V_OK
                                  ? std::string("TLS handshake: ") + X509_verify_cert_error_string(verified)
                                  : "TLS handshake",
                              failed);
        }
        self->read_clear();
        self->read_sealed();
    });
}

void tls_tunnel::read_clear() {
    _clear.async_read_some(asio::buffer(_from_clear),
                           [self = shared_from_this()](error_code failed, std::size_t size) {
                               if (self->_ended) return;
                               if (failed) return self->end();
                               asio::async_write(*self->_sealed, asio::buffer(self->_from_clear.data(), size),
                                                 [self](error_code broken, std::size_t) {
                                                     if (self->_ended) return;
                                                     if (broken)
                                                         return self->fail("the connection broke", broken);
                                                     self->read_clear();
                                                 });
                           });
}

void tls_tunnel::read_sealed() {
    _sealed->async_read_some(
        asio::buffer(_from_sealed), [self = shared_from_this()](error_code failed, std::size_t size) {
            if (self->_ended) return;
            if (failed == asio::error::eof) return self->end();
            if (failed) return self->fail("the connection broke", failed);
            asio::async_write(self->_clear, asio::buffer(self->_from_sealed.data(), size),
                              [self](error_code broken, std::size_t) {
                                  if (self->_ended) return;
                                  if (broken) return self->end();
                                  self->read_sealed();
                              });
        });
}

void tls_tunnel::fail(const std::string& what, const error_code& why) {
    {
        const std::lock_guard hold(_mutex);
        _failure = what + ": " + why.message();
    }
    end();
}

void tls_tunnel::end() {
    if (std::exchange(_ended, true)) return;
    error_code ignored;
    _resolver.cancel();
    _sealed->lowest_layer().close(ignored);
    _clear.close(ignored);
}

void tls_tunnel::close() {
    asio::post(_clear.get_executor(), [self = shared_from_this()] { self->end(); });
}

std::string tls_tunnel::failure() const {
    const std::lock_guard hold(_mutex);
    return _failure;
}

tunnel_thread::tunnel_thread() : _work(_context.get_executor()), _thread([this] { _context.run(); }) {
}

tunnel_thread::~tunnel_thread() {
    _work.reset();
    _thread.join();
}

}  // namespace waggle::control::swarm
