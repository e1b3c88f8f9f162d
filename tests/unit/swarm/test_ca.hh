#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "control/swarm/identity/certificate_request.hh"
#include "control/swarm/identity/openssl_handles.hh"

namespace waggle::control::swarm::test {

/// A swarm's CA, made by the test.
class test_ca {
public:
    struct validity {
        std::chrono::seconds begins = -std::chrono::hours(1);
        std::chrono::seconds ends = std::chrono::hours(24 * 90);
    };
    struct pair {
        std::string certificate;
        std::string key;
    };

    test_ca();
    /// PEM.
    const std::string& root() const { return _root; }
    /// For the public key of a request, as swarmkit does; `ou` is "swarm-worker" or "swarm-manager".
    std::string issue(const std::string& request, const std::string& node, const std::string& ou,
                      validity valid);
    std::string issue(const std::string& request, const std::string& node) {
        return issue(request, node, "swarm-worker", {});
    }
    /// A server's, with these names.
    pair server(const std::vector<std::string>& names, validity valid);
    pair server() { return server({"swarm-manager", "manager1", "swarm-ca"}, {}); }
    /// This CA's key as `older` vouches for it while the root is rotated: swarmkit's has the same subject and
    /// issuer, and no identifier of its issuer's key.
    std::string cross_signed_by(const test_ca& older, validity valid);
    std::string cross_signed_by(const test_ca& older) { return cross_signed_by(older, {}); }
    /// The join token of the root, with a secret of zeros.
    std::string token() const;

    static inline const std::string cluster = "cluster0000000000000000000";

private:
    std::string sign(EVP_PKEY* of, const std::string& node, const std::string& ou,
                     const std::vector<std::string>& names, validity valid);
    key_handle _key;
    certificate_handle _certificate;
    std::string _root;
    long _serial = 1;
};

}  // namespace waggle::control::swarm::test
