#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/result.hh"
#include "dataplane/api/applier.hh"
#include "dataplane/api/report.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

/// What answers are made from. The server keeps it up to date.
struct dump_view {
    const applier& applied;
    /// Fills the parts of a status_report that the rest of the process knows.
    std::function<void(status_report&)> fill_status;
    std::string node;
    std::uint64_t instance = 0;
    std::uint64_t applied_generation = 0;
    bool owned = false;
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

/// The answer to one query on its way to a reader, made message by message as the socket drains. Holds a
/// place in the tables, not a copy of them.
class dump {
public:
    virtual ~dump() = default;
    /// Fills the next message, at most about entries_per_message things of it. False: it was the last.
    virtual bool fill(wire::FromDataplane& message) = 0;
};

/// Fails for a query that this version does not know. `view` outlives the dump.
result<std::unique_ptr<dump>> start_dump(const wire::Query& query, const dump_view& view);

/// The kinds that walk through the applied state (VTEPS, FORWARDING, NEIGHBOURS, STATE) and through the
/// counters and security associations.
std::unique_ptr<dump> start_entries_dump(const wire::Query& query, const dump_view& view);
std::unique_ptr<dump> start_counters_dump(const dump_view& view);
std::unique_ptr<dump> start_associations_dump(const dump_view& view);

}  // namespace waggle::api
