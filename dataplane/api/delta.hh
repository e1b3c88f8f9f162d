#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/state.hh"

namespace waggle::api {

/// A change of a state: first everything in `upserts` is added or replaced (a key named twice: the later
/// one counts), then everything in `removals` goes. Only what comes out at the end has to be closed, so the
/// order within a list does not matter.
struct delta {
    struct upsert_lists {
        std::optional<std::uint16_t> udp_port;
        std::vector<std::pair<std::string, access_port>> ports;
        std::vector<std::pair<vni, overlay>> overlays;
        std::vector<std::pair<ip_address, vtep>> vteps;
        std::vector<member> members;
        std::vector<std::pair<forwarding_key, forwarding_target>> forwarding;
        std::vector<std::pair<neighbour_key, mac_address>> neighbours;
        std::vector<std::pair<association_key, association>> associations;
        friend bool operator==(const upsert_lists&, const upsert_lists&) = default;
    };
    struct removal_lists {
        std::vector<std::string> ports;
        std::vector<vni> overlays;
        std::vector<ip_address> vteps;
        std::vector<member> members;
        std::vector<forwarding_key> forwarding;
        std::vector<neighbour_key> neighbours;
        std::vector<association_key> associations;
        friend bool operator==(const removal_lists&, const removal_lists&) = default;
    };

    upsert_lists upserts;
    removal_lists removals;

    bool empty() const { return size() == 0; }
    /// Number of things added, replaced or removed.
    std::size_t size() const;
    friend bool operator==(const delta&, const delta&) = default;
};

/// What turns `from` into `to`; empty exactly when they are equal. One pass over both.
delta difference(const state& from, const state& to);

/// Carries out a change without checking it. A removal of what is not there does nothing.
void apply(state& target, const delta& change);

}  // namespace waggle::api
