#pragma once

#include <mutex>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string>
#include <thread>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/unit/swarm/test_ca.hh"

namespace waggle::control::swarm::test {

/// A TLS server on loopback that knows neither ALPN nor HTTP: it keeps what it hears and answers with
/// rubbish.
class plain_tls_server {
public:
    /// `only`: the one version of TLS it speaks; 0 for any.
    plain_tls_server(const test_ca::pair& with, int only) {
        _context = SSL_CTX_new(TLS_server_method());
        // Old versions need old signatures.
        SSL_CTX_set_security_level(_context, 0);
        if (only != 0) {
            SSL_CTX_set_min_proto_version(_context, only);
            SSL_CTX_set_max_proto_version(_context, only);
        }
        const bio_handle text = bio_over(with.certificate);
        const certificate_handle certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
        const bio_handle key_text = bio_over(with.key);
        const key_handle key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
        SSL_CTX_use_certificate(_context, certificate.get());
        SSL_CTX_use_PrivateKey(_context, key.get());
        _listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof where;
        ::bind(_listener, reinterpret_cast<sockaddr*>(&where), sizeof where);
        ::listen(_listener, 4);
        ::getsockname(_listener, reinterpret_cast<sockaddr*>(&where), &length);
        _port = ntohs(where.sin_port);
        _thread = std::thread([this] { serve(); });
    }
    ~plain_tls_server() {
        ::shutdown(_listener, SHUT_RDWR);
        _thread.join();
        ::close(_listener);
        SSL_CTX_free(_context);
    }
    plain_tls_server(const plain_tls_server&) = delete;
    plain_tls_server& operator=(const plain_tls_server&) = delete;

    std::string address() const { return "127.0.0.1:" + std::to_string(_port); }
    /// Everything that came after handshakes.
    std::string received() const {
        const std::lock_guard hold(_mutex);
        return _received;
    }

private:
    void serve() {
        for (;;) {
            const int connected = ::accept(_listener, nullptr, nullptr);
            if (connected < 0) return;
            const timeval patience{5, 0};
            ::setsockopt(connected, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            SSL* session = SSL_new(_context);
            SSL_set_fd(session, connected);
            if (SSL_accept(session) == 1) {
                char buffer[4096];
                const int got = SSL_read(session, buffer, sizeof buffer);
                if (got > 0) {
                    const std::lock_guard hold(_mutex);
                    _received.append(buffer, static_cast<std::size_t>(got));
                }
                const std::string rubbish(1000, '\xa5');
                SSL_write(session, rubbish.data(), static_cast<int>(rubbish.size()));
            }
            ERR_clear_error();
            SSL_free(session);
            ::close(connected);
        }
    }

    SSL_CTX* _context = nullptr;
    int _listener = -1;
    std::uint16_t _port = 0;
    mutable std::mutex _mutex;
    std::string _received;
    std::thread _thread;
};

}  // namespace waggle::control::swarm::test
