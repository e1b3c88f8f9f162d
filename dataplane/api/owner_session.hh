#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "dataplane/api/delta.hh"
#include "dataplane/api/report.hh"
#include "dataplane/api/state.hh"

namespace waggle::api {

/// Control's end of the socket: owns the dataplane's state. Connects by itself and again after every loss
/// (100 ms, doubling up to 2 s). All calls and all handlers run on the io_context's thread; a handler may
/// call back into the session.
///
/// A new connection knows nothing: the first thing to send after connected() is a snapshot. A delta is
/// relative to what was sent before it; after refused() the dataplane refuses further deltas until it gets a
/// snapshot.
class owner_session {
public:
    struct handlers {
        /// The dataplane accepts this session. `instance` differs after each of its restarts;
        /// `applied_generation` is what it has from an earlier owner (0: nothing).
        std::function<void(std::uint64_t instance, std::uint64_t applied_generation)> connected;
        /// Everything sent up to and including `generation` is in force.
        std::function<void(std::uint64_t generation)> acknowledged;
        /// Nothing of `generation` was applied.
        std::function<void(std::uint64_t generation, const std::string& reason)> refused;
        /// Not connected; what was sent and not acknowledged may or may not be in force. Called once per
        /// lost connection, and once when the first attempt fails. The session goes on trying.
        std::function<void(const std::string& reason)> disconnected;
        std::function<void(const api::event&)> event;
    };

    owner_session(boost::asio::io_context& context, std::string path, handlers callbacks);
    /// No handler is called afterwards.
    ~owner_session();
    owner_session(const owner_session&) = delete;
    owner_session& operator=(const owner_session&) = delete;

    bool is_connected() const;

    /// Replaces everything. Encoded piece by piece as the socket drains: `whole` must not change until
    /// acknowledged(), which is why it is shared and const. Returns its generation; nothing if not connected.
    std::optional<std::uint64_t> send_snapshot(std::shared_ptr<const state> whole);
    /// Returns the change's generation; nothing if not connected.
    std::optional<std::uint64_t> send_delta(delta change);

    /// Generations sent and neither acknowledged nor refused. Whoever produces changes faster than the
    /// dataplane takes them should gather them into one delta while this is above a handful.
    std::size_t outstanding() const;

private:
    class connection;
    std::shared_ptr<connection> _connection;
};

}  // namespace waggle::api
