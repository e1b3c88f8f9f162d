#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <linux/neighbour.h>

#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "common/result.hh"
#include "control/netlink/request.hh"
#include "control/netlink/socket.hh"

namespace waggle::netlink {

struct neighbour_id {
    int link = 0;
    ip_address ip;
    friend bool operator==(const neighbour_id&, const neighbour_id&) = default;
};

struct neighbour_id_hash {
    std::size_t operator()(const neighbour_id& id) const noexcept {
        return std::hash<ip_address>{}(id.ip) * 31 + static_cast<std::size_t>(id.link);
    }
};

/// An entry of the ARP/ND cache.
struct neighbour {
    neighbour_id id;
    /// Absent while it is not resolved.
    std::optional<mac_address> mac;
    /// NUD_REACHABLE, NUD_STALE, … .
    std::uint16_t state = NUD_NONE;
    friend bool operator==(const neighbour&, const neighbour&) = default;
};

std::optional<neighbour> parse_neighbour(const nlmsghdr& message);
result<std::vector<neighbour>> list_neighbours(socket& with);

/// Asks the kernel to treat the neighbour as in use (NTF_USE): an unknown or failed one is resolved, a stale
/// one is verified. Does not wait for the answer.
request probe_neighbour(const neighbour_id& id);

/// Sets or replaces an entry by hand, as `ip neigh replace … nud permanent`.
request set_neighbour(const neighbour_id& id, const mac_address& mac);
request delete_neighbour(const neighbour_id& id);

}  // namespace waggle::netlink
