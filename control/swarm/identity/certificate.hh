#pragma once

#include <chrono>
#include <string>

#include "common/result.hh"
#include "control/swarm/identity/certificate_request.hh"

namespace waggle::control::swarm {

/// What a node's certificate says, as a swarm's CA writes it.
struct certificate_facts {
    /// CN.
    std::string node_id;
    /// O.
    std::string cluster_id;
    /// OU: "swarm-worker" or "swarm-manager".
    std::string role;
    std::chrono::system_clock::time_point begins;
    std::chrono::system_clock::time_point ends;
    /// Name (DER) and public key (DER SubjectPublicKeyInfo) of the certificate above it in the chain.
    std::string issuer_subject;
    std::string issuer_public_key;
};

/// Reads a chain (PEM, leaf first) that has to lead to one of `roots` (PEM) and belong to `key`. Its time is
/// not looked at: an ended certificate is still this node's.
result<certificate_facts> read_certificate(const std::string& chain, const std::string& roots,
                                           const private_key& key);

/// True if the text is PEM with at least one certificate and nothing that isn't one.
bool is_certificates(const std::string& pem);

}  // namespace waggle::control::swarm
