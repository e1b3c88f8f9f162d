#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/ip_address.hh"
#include "config/config.hh"
#include "control/moment.hh"
#include "control/overlay/address_rivals.hh"
#include "control/overlay/swarm_config.hh"
#include "control/overlay/swarm_tables.hh"

namespace waggle::control {

/// What the chooser has to know of the gossip.
struct swarm_standing {
    /// This host knows all that the swarm says of a network: it has joined others, or is one of the seeds
    /// that others join.
    bool connected = false;
    /// Networks whose first bulk syncs are done.
    std::unordered_set<std::string> in_sync;
    /// Keys of this host's claims, by endpoint.
    std::map<std::string, std::string> claim_keys;
    /// Addresses of this host that others have, too.
    std::vector<address_rivalry> rivalries;
};

/// Chooses addresses for this host's endpoints without one. An address that nobody has or claims is claimed;
/// if after a while no other claim on it with a smaller key and no endpoint with it has shown up, it is the
/// endpoint's. Both sides of a conflict see the same two keys, so exactly one of them gives way. Once it is
/// used it stays, unless it turns out that the other side of a network that was split gave it away, too: then
/// the side with the newer record keeps it, and the other chooses anew. Who was given an address by its file
/// can't do that: if it does not give way in a while, the chosen one does.
class address_chooser {
public:
    /// How long a claim stands before its address is used: several times what the word takes to spread.
    static constexpr std::chrono::seconds settling{2};
    /// How long the side that counts gives the other to choose anew.
    static constexpr std::chrono::seconds patience_with_rivals{10};

    /// An address that an endpoint had in an earlier life is tried first. `seed`: anything that differs from
    /// host to host, so that hosts begin to look at different places.
    address_chooser(std::uint64_t seed, std::map<std::string, ip_address> former)
        : _seed(seed), _former(std::move(former)) {}

    /// Looks at everything anew. True if claims or chosen addresses changed.
    bool step(const config::config& file, const swarm_tables& tables, const swarm_standing& standing,
              moment now);

    const chosen_addresses& chosen() const { return _chosen; }
    const std::map<std::string, ip_address>& claims() const { return _claims; }
    /// Endpoints for which there is no address, with the reason.
    const std::map<std::string, std::string>& waiting() const { return _waiting; }

private:
    using address_set = std::unordered_set<ip_address>;
    /// Addresses that are in use on an overlay, by other claims than ours too.
    address_set used(const config::config& file, const config::overlay& overlay, const swarm_tables& tables,
                     const std::string& but_for) const;
    std::optional<ip_prefix> find_free(const config::overlay& overlay, const std::string& endpoint,
                                       const address_set& used) const;
    bool step_one(const config::config& file, const config::endpoint& endpoint,
                  const config::overlay& overlay, const swarm_tables& tables, const swarm_standing& standing,
                  moment now);
    /// The address that the endpoint uses is another one's.
    bool gives_way(const std::string& endpoint, const ip_address& address, const config::overlay& overlay,
                   const swarm_standing& standing, moment now);
    static bool lost(const config::node& self, const ip_address& address, const config::overlay& overlay,
                     const swarm_tables& tables, const std::string& own_key);

    std::uint64_t _seed;
    std::map<std::string, ip_address> _former;
    std::map<std::string, ip_address> _claims;
    std::map<std::string, moment> _claimed_at;
    chosen_addresses _chosen;
    /// Since when another one has the address that an endpoint uses.
    std::map<std::string, moment> _rivals_since;
    std::map<std::string, std::string> _waiting;
};

}  // namespace waggle::control
