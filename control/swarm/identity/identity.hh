#pragma once

#include <string>

#include "common/result.hh"
#include "control/swarm/identity/certificate.hh"

namespace waggle::control::swarm {

/// Who this host is in its swarm: all that TLS with a manager needs.
struct identity {
    /// PEM, as the managers gave it.
    std::string root;
    /// PEM, leaf first.
    std::string certificate;
    private_key key;
    certificate_facts facts;

    /// Checks that the three belong together and reads the facts.
    static result<identity> make(std::string root, std::string certificate, private_key key);
};

/// One file of mode 0600 that holds an identity whole: after a crash it is the old one or the new one.
class identity_store {
public:
    explicit identity_store(const std::string& directory)
        : _directory(directory), _path(directory + "/identity") {}
    /// True if there is a file, readable or not.
    bool exists() const;
    result<identity> read() const;
    result<void> keep(const identity& what) const;
    result<void> forget() const;

private:
    std::string _directory;
    std::string _path;
};

}  // namespace waggle::control::swarm
