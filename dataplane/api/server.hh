#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/applier.hh"
#include "dataplane/api/report.hh"
#include "dataplane/table/counters.hh"

namespace waggle::api {

struct server_options {
    /// Where the socket is made, mode 0600. A socket that a dead process left there is replaced.
    std::string path;
    std::string node;
    /// Readers at once; the owner and a few clients that have not introduced themselves come on top.
    std::size_t reader_limit = 64;
    /// A client must introduce itself, finish a message that it began, and take what it asked for within
    /// these times.
    std::chrono::milliseconds hello_deadline = std::chrono::seconds(5);
    std::chrono::milliseconds stall_deadline = std::chrono::seconds(30);
};

/// What the server asks of the rest of the process when a reader wants to know.
struct server_sources {
    /// Fills workers, buffers_*, memory_* and hugepages.
    std::function<void(status_report&)> status;
    /// Counters of what happened before the overlay was known, one block a worker. Outlives the server.
    std::span<const overlay_counters> no_overlay_counters;
};

/// The dataplane's end of the socket, run by the main lcore: one owner, many readers. Nothing here blocks;
/// every client's memory is bounded, and a client that misbehaves is told why and disconnected.
class server {
public:
    /// Fails when another dataplane serves the path already.
    static result<std::unique_ptr<server>> listen(server_options options, server_sources sources,
                                                  applier& state);
    /// Disconnects everybody and removes the socket.
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// Readable (poll, epoll) when poll() has something to do, deadlines included.
    int descriptor() const;
    /// Does what can be done now, a bounded amount of it: returns with the descriptor still readable if
    /// there is more.
    void poll();
    /// Tells the owner and all subscribers.
    void publish(const event& happened);

    std::uint64_t instance() const;

private:
    class implementation;
    explicit server(std::unique_ptr<implementation> made);
    std::unique_ptr<implementation> _implementation;
};

}  // namespace waggle::api
