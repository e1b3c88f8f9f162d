#pragma once

#include <cstdint>
#include <memory>

#include "common/result.hh"
#include "dataplane/api/delta.hh"
#include "dataplane/api/state.hh"

namespace waggle {
class table_writer;
}

namespace waggle::api {

class port_opener;
class tracked_state;

/// Carries states and their changes into the tables and the ports: as a whole or not at all. Main lcore.
class applier {
public:
    /// Both outlive the applier.
    applier(table_writer& tables, port_opener& ports);
    ~applier();
    applier(const applier&) = delete;
    applier& operator=(const applier&) = delete;

    /// Applies a change to what is in force. On failure (it does not fit the state, a port can't be opened,
    /// a table is full) nothing has changed.
    result<void> apply(const delta& change);
    /// Makes `whole` the state in force: what it does not name goes, what is the same stays untouched. On
    /// failure nothing has changed.
    result<void> replace(std::unique_ptr<tracked_state> whole);

    const tracked_state& applied() const { return *_applied; }
    /// Changes whenever iterators into the applied state became invalid.
    std::uint64_t epoch() const { return _epoch; }

private:
    table_writer& _tables;
    port_opener& _ports;
    std::unique_ptr<tracked_state> _applied;
    std::uint64_t _epoch = 1;
};

}  // namespace waggle::api
