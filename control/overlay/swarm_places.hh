#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "control/overlay/swarm_config.hh"
#include "control/overlay/swarm_tables.hh"
#include "dataplane/api/delta.hh"

namespace waggle::control {

/// Follows the places of the swarm one by one, so that a change costs what it changes and not the whole
/// computation. add_swarm() with compute_desired_state() is the model: after every change the forwarding and
/// neighbour entries are what these two would make of the same tables, or follow() says that it can't tell.
class swarm_places {
public:
    /// `all` is what add_swarm() made of `file` and `tables`, with so many `given` endpoints, and `state`
    /// what became of that.
    void reset(const config::config& file, const config::config& all, std::size_t given,
               const swarm_tables& tables, const api::state& state);
    /// From here on only the whole computation can tell, until reset().
    void give_up() { _known = false; }

    /// What changes in `state` as these places did; `tables` as they are now. Nothing if a host came or went
    /// with it, which changes more than forwarding.
    std::optional<api::delta> follow(const swarm_tables& tables, const touched_places& touched,
                                     const api::state& state);

private:
    /// An overlay as the places see it.
    struct overlay {
        vni id;
        std::vector<ip_prefix> subnets;
        /// Of endpoints that the file or a choice gave their addresses.
        std::unordered_set<ip_address> fixed_addresses;
        std::unordered_set<mac_address> fixed_macs;
        /// Where frames for a VTEP of a record go: to another address of the same host, or nowhere. A VTEP
        /// that is missing belongs to a host that is not known yet.
        std::unordered_map<ip_address, std::optional<ip_address>> ways;
        /// Forwarding entries to each address of a host that is here for its places only.
        std::unordered_map<ip_address, std::size_t> uses;
    };
    struct quarrel;

    bool follow_in(const overlay& in, const network_records& records, const std::vector<place_name>& touched,
                   const api::state& state, api::delta& change) const;
    bool count_uses(overlay& in, const api::delta& change, std::size_t upserts_before,
                    std::size_t removals_before, const api::state& state) const;

    bool _known = false;
    std::optional<ip_address> _own_v4;
    std::optional<ip_address> _own_v6;
    /// By the id of their network.
    std::unordered_map<std::string, std::vector<overlay>> _overlays;
};

}  // namespace waggle::control
