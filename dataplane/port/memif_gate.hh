#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/result.hh"
#include "dataplane/port/file_descriptor.hh"

namespace waggle {

/// Stands between memif clients and DPDK's memif driver, which unmaps the rings of a client that leaves while
/// workers still use them (22.11: the process crashes). Clients connect to the gate; it relays their
/// handshake to the driver, lets workers in when the connection stands, and when the client leaves (or says
/// anything more) first waits until no worker is inside, and only then tells the driver.
///
/// The driver trusts what clients write into the rings: memif is for trusted applications only.
class memif_gate {
public:
    struct options {
        /// Where clients connect.
        std::string socket;
        /// Where the driver listens.
        std::string driver_socket;
        /// Receive and transmit queues.
        unsigned queues = 1;
        /// True while the driver has a connection.
        std::function<bool()> is_connected;
        /// Called on the gate's thread when workers may (true) or may no longer enter.
        std::function<void(bool)> on_change;
    };
    static result<std::unique_ptr<memif_gate>> open(options wanted);
    /// Throws the client out and removes the socket.
    ~memif_gate();
    memif_gate(const memif_gate&) = delete;
    memif_gate& operator=(const memif_gate&) = delete;

    /// Worker, around each burst on queue and direction `place` (0 to 2 x queues - 1): false if there is no
    /// connection; else leave() must follow.
    bool enter(unsigned place) {
        std::atomic<bool>& inside = _places[place].inside;
        inside.store(true, std::memory_order_seq_cst);
        if (_open.load(std::memory_order_seq_cst)) return true;
        inside.store(false, std::memory_order_release);
        return false;
    }
    void leave(unsigned place) { _places[place].inside.store(false, std::memory_order_release); }
    bool is_open() const { return _open.load(std::memory_order_relaxed); }

private:
    struct alignas(64) worker_place {
        std::atomic<bool> inside{false};
    };

    memif_gate(options wanted, file_descriptor listener, file_descriptor stop);
    void run();
    void serve(const file_descriptor& client);
    void close_to_workers();
    void wait_until_disconnected() const;
    bool is_stopping() const;

    options _options;
    file_descriptor _listener;
    file_descriptor _stop;
    std::vector<worker_place> _places;
    std::atomic<bool> _open{false};
    std::thread _thread;
};

}  // namespace waggle
