#pragma once

#include <string>
#include <vector>

#include "control/swarm/identity/openssl_handles.hh"

namespace waggle::control::swarm {

/// The certificates of a PEM text, 16 at most: no swarm sends more.
std::vector<certificate_handle> read_certificates(const std::string& pem);

/// Those that signed `leaf` and that the roots stand for: roots, or CAs among `presented` that a root signed,
/// over as many steps as it takes. OpenSSL's own search can't do it: swarmkit's cross-signed CA, which
/// bridges a root rotation, has the same subject and issuer and no key identifier of its issuer, and passes
/// there for self-signed. `in_time`: CAs that are presented have to be valid now.
std::vector<certificate_handle> find_issuers(X509* leaf, const std::vector<X509*>& presented,
                                             const std::vector<certificate_handle>& roots, bool in_time);

/// OpenSSL's check of a leaf against the certificates that signed it: time, key usage, strength. `name`: the
/// DNS name that a server has to have; null for this node's own certificate, whose time is not looked at.
/// Gives X509_V_OK or OpenSSL's reason.
int check_leaf(X509* leaf, const std::vector<certificate_handle>& issuers, const char* name);

}  // namespace waggle::control::swarm
