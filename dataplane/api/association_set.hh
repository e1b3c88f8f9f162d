#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/association_rules.hh"
#include "dataplane/api/report.hh"
#include "dataplane/esp/security_association.hh"

namespace waggle {
class table_writer;
}

namespace waggle::api {

/// The security associations in force: carries changes of them into the tables. Main lcore.
class association_set {
public:
    using upserts = std::vector<std::pair<association_key, association>>;
    /// `clock`: the workers' nanoseconds; without it nobody knows when an association was last used.
    association_set(table_writer& tables, std::function<std::uint64_t()> clock);
    /// Takes all out of the tables.
    ~association_set();
    association_set(const association_set&) = delete;
    association_set& operator=(const association_set&) = delete;

    /// Makes what a change needs; nothing is visible yet. Overlays and VTEPs are there. Fails if key memory
    /// or the CPU does not suffice.
    result<void> prepare(const upserts& wanted);
    /// Forgets what was prepared.
    void abandon() { _prepared.clear(); }
    /// After prepare(). A sender that takes the place of another does so by one store.
    void apply(const upserts& wanted, const std::vector<association_key>& removals);

    /// Fills what was counted.
    void fill(association_report& report) const;
    /// Outbound associations whose sequence numbers run out; again every half minute. Once a second.
    std::vector<event> check();
    /// Where a keepalive of ESP in UDP is due (RFC 3948 section 4): address and port; now counted as sent.
    /// Once a second.
    std::vector<std::pair<ip_address, std::uint16_t>> take_keepalives();

private:
    struct entry {
        association parameters;
        std::shared_ptr<esp::outbound_association> sending;
        std::shared_ptr<esp::inbound_association> receiving;
        std::chrono::steady_clock::time_point born = std::chrono::steady_clock::now();
        /// Of the last event.
        std::uint64_t told_at = 0;
        event::kind told = event::kind::port_up;
        /// By the workers' clock.
        std::uint64_t last_keepalive = 0;
    };
    using entries = std::unordered_map<association_key, entry, association_key_hash>;

    result<entry> make(const association_key& key, const association& wanted) const;
    void publish(const association_key& key, const entry& with);
    void retire(entry& former);
    void vacate(const association_key& key, const sender_slot& slot);
    std::optional<event> look_at(const association_key& key, entry& one) const;

    table_writer& _tables;
    std::function<std::uint64_t()> _clock;
    entries _entries;
    entries _prepared;
    /// Who sends for what.
    std::unordered_map<sender_slot, association_key, sender_slot_hash> _senders;
    std::uint64_t _checks = 0;
};

}  // namespace waggle::api
