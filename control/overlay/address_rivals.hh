#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/ip_address.hh"
#include "control/gossip/networkdb/network_db.hh"
#include "control/overlay/swarm_tables.hh"

namespace waggle::control {

/// An address of this host that another one has published, too: two sides of a split network gave it to one
/// each, or people did.
struct address_rivalry {
    std::string network;
    ip_address address;
    /// The own record counts: it is newer than all others, or of the same time and with the smaller key. The
    /// whole swarm, which sees the same records, forwards to it.
    bool won = false;
    /// Of the record that counts among the others'.
    std::string rival;
    friend bool operator==(const address_rivalry&, const address_rivalry&) = default;
};

/// Watches the addresses that this host has published. The result depends on the entries only, not on the
/// order in which they changed.
class address_rivals {
public:
    /// `own_vteps`: what is said of them under another name is of a former life of this host.
    address_rivals(std::string own_name, std::vector<ip_address> own_vteps)
        : _own_name(std::move(own_name)), _own_vteps(std::move(own_vteps)) {}

    /// To be called for every change.
    void apply(const networkdb::entry_change& change);
    /// By network and address.
    std::vector<address_rivalry> list(const swarm_tables& tables) const;

private:
    /// Time and key of the own records of one address; more than one while one replaces another.
    using own_records = std::set<std::pair<networkdb::lamport_time, std::string>>;

    std::string _own_name;
    std::vector<ip_address> _own_vteps;
    /// By network and address.
    std::map<std::pair<std::string, ip_address>, own_records> _own;
    /// What an own record is about, by network and key.
    std::map<std::pair<std::string, std::string>, ip_address> _own_keys;
};

}  // namespace waggle::control
