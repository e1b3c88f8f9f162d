#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/api/delta.hh"
#include "dataplane/api/state.hh"

namespace waggle::api {

/// Things in one message: about 200 kB, about a millisecond of work.
inline constexpr std::size_t entries_per_message = 16384;

/// One generation on its way to the dataplane, as messages made one at a time.
class change_encoder {
public:
    virtual ~change_encoder() = default;
    /// Appends the next message, length first; false if there was none left.
    virtual bool next(std::string& out) = 0;
};

/// Snapshot begin, parts, end. `whole` must not change while the encoder lives.
std::unique_ptr<change_encoder> encode_snapshot(std::shared_ptr<const state> whole, std::uint64_t generation);
/// At least one message, even if the change is empty.
std::unique_ptr<change_encoder> encode_delta(delta change, std::uint64_t generation, std::uint64_t base);

}  // namespace waggle::api
