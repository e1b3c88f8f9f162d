#pragma once

#include <map>
#include <string>

namespace waggle::gossip {

/// What one endpoint has in the tables, as encoded records; an empty one is not published. All stand under
/// one key, which the publisher chooses.
struct endpoint_publication {
    std::string peer_record;
    std::string endpoint_record;
    /// Published alone while the address is not settled.
    std::string claim;
    friend bool operator==(const endpoint_publication&, const endpoint_publication&) = default;
};

/// What this host tells in one network.
struct network_publication {
    /// Empty: none.
    std::string host_record;
    /// By names of the caller's choice.
    std::map<std::string, endpoint_publication> endpoints;
    friend bool operator==(const network_publication&, const network_publication&) = default;
};

/// The networks that this host takes part in, by id.
using publication = std::map<std::string, network_publication>;

}  // namespace waggle::gossip
