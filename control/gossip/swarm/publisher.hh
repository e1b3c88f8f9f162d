#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/gossip/core/random.hh"
#include "control/gossip/core/time.hh"
#include "control/gossip/networkdb/network_db.hh"
#include "control/gossip/swarm/publication.hh"

namespace waggle::gossip {

/// Keeps this host's entries in NetworkDB equal to what it wants to tell. Keys are random and never used
/// again; a peer record is never updated, as engines up to 28 take that for its deletion: it is published
/// anew under another key, before the old one goes.
class publisher {
public:
    publisher(networkdb::network_db& tables, random_source& random) : _tables(tables), _random(random) {}

    /// Joins networks, creates, removes, leaves. Returns what NetworkDB did not take, one sentence each.
    std::vector<std::string> publish(const publication& wanted, time_point now);
    const publication& published() const { return _published; }
    /// The key of an endpoint's records; empty if it is not published.
    std::string key_of(const std::string& network, const std::string& endpoint) const;

private:
    void publish_host(const std::string& network, const std::string& record, time_point now);
    void create(const std::string& network, const std::string& name, const endpoint_publication& what,
                time_point now);
    void remove(const std::string& network, const std::string& key, const endpoint_publication& what,
                time_point now);
    void check(const result<void>& done);
    std::string random_key();

    networkdb::network_db& _tables;
    random_source& _random;
    publication _published;
    /// By network and endpoint.
    std::map<std::string, std::map<std::string, std::string>> _keys;
    std::vector<std::string> _problems;
};

}  // namespace waggle::gossip
