#pragma once

#include <memory>

#include "common/result.hh"
#include "dataplane/api/delta.hh"
#include "dataplane/api/tracked_state.hh"

namespace waggle::api {

/// Where complete, well-formed changes go.
class state_sink {
public:
    virtual ~state_sink() = default;

    /// Applies a change to what is in force. On failure nothing has changed.
    virtual result<void> apply(const delta& change) = 0;
    /// Makes `whole` (closed) the state in force. On failure nothing has changed.
    virtual result<void> replace(std::unique_ptr<tracked_state> whole) = 0;
};

}  // namespace waggle::api
