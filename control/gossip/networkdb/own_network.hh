#pragma once

#include <string>
#include <vector>

#include "control/gossip/core/time.hh"
#include "control/gossip/memberlist/broadcast_queue.hh"
#include "control/gossip/networkdb/entry_table.hh"

namespace waggle::networkdb {

/// What this host keeps of a network that it takes part in.
struct own_network {
    bool leaving = false;
    /// The first bulk syncs are done: from here on table events are passed on.
    bool in_sync = false;
    gossip::time_point forget_at = gossip::never;
    entry_table entries;
    gossip::broadcast_queue own_events;
    gossip::broadcast_queue heard_events;

    /// Until then every packet of table events begins with our join.
    gossip::time_point announce_until{};
    /// Bulk syncs still wanted, and with whom they may be, the next one last.
    unsigned syncs_wanted = 0;
    std::vector<std::string> sync_candidates;
    /// Whose answer to a bulk sync is awaited; empty: nobody's.
    std::string syncing_with;
    bool had_peers = false;
    /// Answers to bulk syncs since the join, and when to ask again if there were too few.
    unsigned syncs_answered = 0;
    gossip::time_point ask_again_at = gossip::never;
};

}  // namespace waggle::networkdb
