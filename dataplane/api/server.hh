#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/result.hh"
#include "dataplane/api/applier.hh"
#include "dataplane/api/report.hh"

namespace waggle::api {

struct server_options {
    /// Where the socket is made, mode 0600. A socket that a dead process left there is replaced.
    std::string path;
    /// This host's name, for status.
    std::string node;
    /// Fills workers, buffers_*, memory_* and hugepages of a status report; may be empty.
    std::function<void(status_report&)> fill_status = {};
    /// Readers at once; the owner and a few clients that have not introduced themselves come on top.
    std::size_t reader_limit = 64;
    /// A client must introduce itself within this time.
    std::chrono::milliseconds hello_deadline = std::chrono::seconds(5);
    /// A client must finish a message that it began, and go on taking what it asked for, within this time.
    std::chrono::milliseconds stall_deadline = std::chrono::seconds(30);
};

/// The dataplane's end of the socket, run by the main lcore: one owner, many readers. Nothing here blocks;
/// every client's memory is bounded, and a client that misbehaves is told why and disconnected.
class server {
public:
    /// Fails when another dataplane serves the path already. `applied` outlives the server.
    static result<std::unique_ptr<server>> listen(server_options options, applier& applied);
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

    /// Random, told to clients: another one means that the dataplane was restarted.
    std::uint64_t instance() const;
    /// Clients connected now.
    std::size_t clients() const;

private:
    class implementation;
    explicit server(std::unique_ptr<implementation> made);
    std::unique_ptr<implementation> _implementation;
};

}  // namespace waggle::api
