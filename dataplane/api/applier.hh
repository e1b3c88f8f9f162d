#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/association_set.hh"
#include "dataplane/api/delta.hh"
#include "dataplane/api/port_opener.hh"
#include "dataplane/api/port_set.hh"
#include "dataplane/api/state_sink.hh"
#include "dataplane/api/tracked_state.hh"

namespace waggle {
class table_writer;
}

namespace waggle::api {

/// Carries states and their changes into the tables and the ports: as a whole or not at all. Main lcore.
class applier final : public state_sink {
public:
    /// Both references outlive the applier. `udp_port`: of VXLAN as long as no state says another, `ports`
    /// listens on it; `clock`: the workers' nanoseconds.
    applier(table_writer& tables, port_opener& ports, std::uint16_t udp_port,
            std::function<std::uint64_t()> clock = {});
    applier(const applier&) = delete;
    applier& operator=(const applier&) = delete;

    /// Fails if the change does not fit the state, names an underlay port that is not there, a port can't be
    /// opened or a table is full.
    result<void> apply(const delta& change) override;
    /// What `whole` does not name goes; what is the same stays untouched.
    result<void> replace(std::unique_ptr<tracked_state> whole) override;

    const tracked_state& applied() const { return *_applied; }
    /// Changes whenever positions in the applied state's containers became invalid.
    std::uint64_t epoch() const { return _epoch; }
    /// For what the server reports.
    const table_writer& tables() const { return _tables; }
    const port_opener& ports() const { return _opener; }
    association_set& associations() { return _associations; }
    const association_set& associations() const { return _associations; }

private:
    result<void> check_underlay(const delta::upsert_lists& upserts) const;
    /// All of a change that is known to fit and leads to `after`. On failure nothing has changed.
    result<void> carry_out(const delta& change, const state& after);
    result<void> prepare(const delta::upsert_lists& upserts, const state& after, port_set::undo_steps& undo);
    void set_udp_port(std::uint16_t wanted, port_set::undo_steps& undo);
    result<void> prepare_overlay(vni id, const overlay& wanted, port_set::undo_steps& undo);
    result<void> prepare_vtep(const ip_address& address, const vtep& wanted, port_set::undo_steps& undo);
    void lead_to_replaced(const std::unordered_set<std::string>& ports, const state& after);
    void upsert_entries(const delta::upsert_lists& upserts);
    void upsert_forwarding(overlay_index overlay, const mac_address& mac, const forwarding_target& target);
    void remove_entries(const delta::removal_lists& removals);
    void remove_structure(const delta::removal_lists& removals);

    table_writer& _tables;
    port_opener& _opener;
    port_set _ports;
    association_set _associations;
    const std::uint16_t _configured_udp_port;
    std::uint16_t _udp_port;
    std::unique_ptr<tracked_state> _applied = std::make_unique<tracked_state>();
    std::uint64_t _epoch = 1;
};

}  // namespace waggle::api
