#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/mac_address.hh"
#include "control/netlink/neighbour.hh"

namespace waggle::control {

/// The kernel's neighbours as they were announced, and when to ask the kernel to verify those that carry
/// tunnels. No I/O; the time is a parameter.
class neighbour_table {
public:
    using time_point = std::chrono::steady_clock::time_point;

    struct entry {
        /// The last address known; kept while the kernel verifies or has forgotten the neighbour, gone when
        /// the kernel found that it does not answer.
        std::optional<mac_address> mac;
        std::uint16_t state = NUD_NONE;
        /// Did not answer, and has not answered since.
        bool failed = false;
        /// Why the kernel would not even ask; empty if it did.
        std::string refusal;
    };

    /// An announcement: `gone` for RTM_DELNEIGH. True if what entry() tells may have changed.
    bool apply(const netlink::neighbour& heard, bool gone, time_point now);
    /// The whole table, read anew: followed neighbours that are not in it are gone.
    void replace(const std::vector<netlink::neighbour>& all, time_point now);

    /// Starts or ends the care for a neighbour; calls nest.
    void follow(const netlink::neighbour_id& id, time_point now);
    void unfollow(const netlink::neighbour_id& id);

    /// Nothing was ever heard of it: null.
    const entry* find(const netlink::neighbour_id& id) const;

    /// Followed neighbours that the kernel should verify or resolve now; they count as asked.
    std::vector<netlink::neighbour_id> take_due(time_point now);
    /// The kernel refused to ask for the neighbour (its table is full).
    void refused(const netlink::neighbour_id& id, const std::string& why);

private:
    struct record {
        entry known;
        unsigned followers = 0;
        time_point ask_at;
        std::chrono::seconds patience{0};
    };
    static void schedule(record& one, time_point now);

    std::unordered_map<netlink::neighbour_id, record, netlink::neighbour_id_hash> _records;
};

}  // namespace waggle::control
