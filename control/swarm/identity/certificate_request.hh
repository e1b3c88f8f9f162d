#pragma once

#include <string>
#include <utility>

#include "common/result.hh"
#include "common/secret.hh"

namespace waggle::control::swarm {

/// A private key as PEM text (PKCS #8); wiped when it goes.
class private_key {
public:
    private_key() = default;
    explicit private_key(std::string pem) : _pem(std::move(pem)) {}
    ~private_key() { wipe(_pem); }
    private_key(const private_key&) = default;
    private_key& operator=(const private_key& other) {
        if (this == &other) return *this;
        wipe(_pem);
        _pem = other._pem;
        return *this;
    }
    private_key(private_key&& other) noexcept { _pem.swap(other._pem); }
    private_key& operator=(private_key&& other) noexcept {
        if (this == &other) return *this;
        wipe(_pem);
        _pem.swap(other._pem);
        return *this;
    }

    bool empty() const { return _pem.empty(); }
    /// For TLS and the disk. Valid while the object is unchanged.
    const std::string& reveal() const { return _pem; }
    friend bool operator==(const private_key&, const private_key&) = default;

private:
    std::string _pem;
};

/// A key and the PKCS #10 request for its certificate.
struct certificate_request {
    private_key key;
    /// PEM.
    std::string request;
};

/// ECDSA on P-256, signed with SHA-256, with an empty subject: a swarm's CA takes only the public key of it.
result<certificate_request> make_certificate_request();

}  // namespace waggle::control::swarm
